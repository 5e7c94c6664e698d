package dev.weir.actuate;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import dev.weir.core.OnUnavailable;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimiter;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.SecurityContext;

/**
 * The actions of operators on buckets. Thread-safe.
 *
 * @param limiter has the buckets
 * @param actions records the actions
 */
record BucketActions(RateLimiter limiter, AuditedActions actions) {

	/**
	 * Makes a bucket full again, and lifts its pause.
	 * @param key the key of the bucket
	 * @param security the security context of the request
	 * @return the key
	 */
	Map<String, String> reset(String key, SecurityContext security) {
		run("WEIR_BUCKET_RESET", key, security, this.limiter::reset);
		return Map.of("reset", key);
	}

	/**
	 * Lifts the pause of a bucket, whose tokens stay as they are.
	 * @param key the key of the bucket
	 * @param security the security context of the request
	 * @return the key
	 */
	Map<String, String> liftPause(String key, SecurityContext security) {
		run("WEIR_PAUSE_LIFTED", key, security, (charge) -> this.limiter.pause(charge, Duration.ZERO));
		return Map.of("lifted", key);
	}

	private void run(String type, String key, SecurityContext security,
			Function<Charge, CompletableFuture<Void>> action) {
		// Both actions use only the key of the charge.
		Charge charge = new Charge(key, key, RateLimit.of(1, Duration.ofMinutes(1)), 0, OnUnavailable.FAIL, false);
		Map<String, @Nullable Object> done = new LinkedHashMap<>();
		done.put("key", key);
		this.actions.run(type, done, security, () -> action.apply(charge), (result) -> true);
	}

}
