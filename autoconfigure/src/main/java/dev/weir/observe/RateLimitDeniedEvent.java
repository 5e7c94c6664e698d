package dev.weir.observe;

import dev.weir.ratelimit.Decision;

/**
 * Application event: a rate limit has denied a call of this instance.
 *
 * @param decision what the bucket answered; a denial in {@linkplain Decision#shadow()
 * shadow mode} had no consequence
 */
public record RateLimitDeniedEvent(Decision decision) {

}
