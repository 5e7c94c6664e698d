package dev.weir.lease.engine;

import dev.weir.redis.OnLettuce;
import org.junit.jupiter.api.Tag;

/**
 * The tests of {@link LeaseFaultTests} once more, over Lettuce.
 */
@OnLettuce
@Tag("long")
class LeaseFaultOnLettuceTests extends LeaseFaultTests {

}
