package dev.weir.policy;

import java.time.Duration;

import dev.weir.ratelimit.FailMode;

/**
 * What holds for all rate limits whose annotation and properties say nothing else.
 *
 * @param enabled whether limits are charged at all
 * @param window the time in which the tokens of a limit are added
 * @param onUnavailable what happens when Redis does not answer
 */
public record RateLimitDefaults(boolean enabled, Duration window, FailMode onUnavailable) {

}
