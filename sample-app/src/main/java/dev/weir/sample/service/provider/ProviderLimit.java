package dev.weir.sample.service.provider;

import java.net.URI;
import java.time.Duration;
import java.util.regex.Pattern;

import dev.weir.outgoing.OutgoingRateLimits;
import dev.weir.outgoing.OutgoingRequest;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.stereotype.Component;

/**
 * The rate limit {@code provider} before the calls of the models. All instances together
 * make 500 calls in a minute, unless the properties of the policy change this. Each host
 * has a bucket of its own. A call waits for its turn, and when the provider asks for a
 * pause, no instance calls it until then. Thread-safe.
 */
@Component
public class ProviderLimit {

	/** The property with the longest wait. */
	public static final String WAIT_TIME = "weir.rate-limit.policies.provider.wait-time";

	private static final Logger logger = LoggerFactory.getLogger(ProviderLimit.class);

	/** The properties of the policy override this limit. */
	private static final RateLimitSpec PROVIDER = RateLimitSpec.of("provider")
		.limit(new RateLimit(500, Duration.ofMinutes(1), 50));

	private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

	private final OutgoingRateLimits outgoing;

	private final RateLimitOperations rateLimits;

	private final Duration waitTime;

	private final Duration maxPause;

	ProviderLimit(OutgoingRateLimits outgoing, RateLimitOperations rateLimits,
			@Value("${" + WAIT_TIME + ":10s}") Duration waitTime,
			@Value("${weir.rate-limit.max-pause:5m}") Duration maxPause) {
		this.outgoing = outgoing;
		this.rateLimits = rateLimits;
		this.waitTime = waitTime;
		this.maxPause = maxPause;
	}

	/**
	 * Returns how long a call waits at most.
	 * @return the time
	 */
	public Duration waitTime() {
		return this.waitTime;
	}

	/**
	 * Returns the limit for a client of Spring. It pauses by itself.
	 * @return the interceptor
	 */
	public ClientHttpRequestInterceptor interceptor() {
		return this.outgoing.limit(PROVIDER, (limit) -> limit.waitTime(this.waitTime).keyedBy(OutgoingRequest::host));
	}

	/**
	 * Waits for the turn of a call that another client makes.
	 * @param server the server that is called
	 * @return completes when the call may begin, or with
	 * {@link dev.weir.ratelimit.RateLimitExceededException} if it would wait too long; a
	 * cancelled wait takes nothing
	 */
	public Mono<Void> turn(URI server) {
		return Mono.fromFuture(() -> this.rateLimits.acquireAsync(bucket(server), this.waitTime)).then();
	}

	/**
	 * Pauses the calls of a server in all instances.
	 * @param server the server
	 * @param retryAfter the {@code Retry-After} of the server in seconds, {@code null} or
	 * another text for no pause
	 * @return completes when the pause holds, never with a failure
	 */
	public Mono<Void> pause(URI server, @Nullable String retryAfter) {
		if (retryAfter == null || !SECONDS.matcher(retryAfter).matches()) {
			return Mono.empty();
		}
		Duration asked = Duration.ofSeconds(Long.parseLong(retryAfter));
		Duration pause = (asked.compareTo(this.maxPause) < 0) ? asked : this.maxPause;
		return Mono.fromFuture(() -> this.rateLimits.pauseAsync(bucket(server), pause)).onErrorResume((failure) -> {
			logger.warn("The pause of {} does not hold: {}", server.getHost(), failure.getMessage());
			return Mono.empty();
		});
	}

	private static RateLimitSpec bucket(URI server) {
		return (server.getHost() != null) ? PROVIDER.key(server.getHost()) : PROVIDER;
	}

}
