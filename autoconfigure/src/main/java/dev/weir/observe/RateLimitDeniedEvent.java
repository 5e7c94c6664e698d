package dev.weir.observe;

import dev.weir.ratelimit.Decision;

/**
 * Application event that is published when a rate limit has denied a call of this
 * instance.
 *
 * @param decision the decision of the bucket; a denial in {@linkplain Decision#shadow()
 * shadow mode} had no consequence
 */
public record RateLimitDeniedEvent(Decision decision) {

}
