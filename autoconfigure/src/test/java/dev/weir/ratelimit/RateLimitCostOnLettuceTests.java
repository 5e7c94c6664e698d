package dev.weir.ratelimit;

import dev.weir.redis.OnLettuce;

/**
 * The tests of {@link RateLimitCostTests} once more, over Lettuce.
 */
@OnLettuce
class RateLimitCostOnLettuceTests extends RateLimitCostTests {

}
