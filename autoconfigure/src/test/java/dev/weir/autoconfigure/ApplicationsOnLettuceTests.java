package dev.weir.autoconfigure;

import dev.weir.redis.OnLettuce;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The tests of applications that depend on the client once more, over Lettuce.
 */
@OnLettuce
@Tag("long")
class ApplicationsOnLettuceTests {

	@Nested
	class Topologies extends RedisTopologyTests {

	}

	@Nested
	class SilentConnections extends SilentConnectionTests {

	}

	@Nested
	class Connections extends RedisConnectionTests {

	}

}
