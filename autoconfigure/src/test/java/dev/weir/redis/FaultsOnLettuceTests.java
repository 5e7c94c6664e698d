package dev.weir.redis;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/**
 * The tests of faults once more, over Lettuce.
 */
@OnLettuce
@Tag("long")
class FaultsOnLettuceTests {

	@Nested
	class Leases extends RedisLeaseFaultTests {

	}

	@Nested
	class RateLimits extends RedisRateLimitFaultTests {

	}

	@Nested
	class Transactions extends RedisTransactionFaultTests {

	}

	@Nested
	class Failover extends RedisFailoverFaultTests {

	}

	@Nested
	class Replica extends RedisRateLimitReplicaTests {

	}

	@Nested
	class Cluster extends RedisClusterFaultTests {

	}

}
