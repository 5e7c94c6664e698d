package dev.weir.autoconfigure;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseAttributes;
import dev.weir.lease.OnLost;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.policy.LockSettings;
import dev.weir.policy.RateLimitAttributes;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.SemaphoreSettings;
import dev.weir.web.RateLimitHeaders;
import dev.weir.web.RateLimitRule;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties of Weir.
 *
 * @param enabled Whether Weir guards anything; without it methods run unguarded.
 * @param store Where leases live.
 * @param keyPrefix Text that stands in front of every key.
 * @param onUnavailable What happens to a guarded call when Redis does not answer, unless
 * its policy says something else.
 * @param redis Commands to Redis.
 * @param lease What all leases have in common.
 * @param lock Locks.
 * @param semaphore Semaphores.
 * @param rateLimit Rate limits.
 * @param transaction Transactions on Redis.
 * @param cache Caches of Spring's cache abstraction.
 * @param web Answers to web requests.
 * @param observations Observations, from which traces are made.
 * @param health Health of this instance.
 */
@ConfigurationProperties("weir")
public record WeirProperties(@DefaultValue("true") boolean enabled, @DefaultValue("redis") Store store,
		@DefaultValue("weir:") String keyPrefix, @DefaultValue("fail") OnUnavailable onUnavailable,
		@DefaultValue Redis redis, @DefaultValue Lease lease, @DefaultValue Lock lock,
		@DefaultValue Semaphore semaphore, @DefaultValue RateLimit rateLimit, @DefaultValue Transaction transaction,
		@DefaultValue Cache cache, @DefaultValue Web web, @DefaultValue Observations observations,
		@DefaultValue Health health) {

	/**
	 * Lays settings over those of one lock.
	 * @param name the name of its policy
	 * @param settings the settings
	 * @return all properties, with them
	 */
	WeirProperties with(String name, LockSettings settings) {
		return with(
				new Lock(this.lock.order, this.lock.busyStatus, this.lock.defaults,
						merged(this.lock.policies, name, settings, LockSettings::over)),
				this.semaphore, this.rateLimit);
	}

	/**
	 * Lays settings over those of one semaphore.
	 * @param name the name of its policy
	 * @param settings the settings
	 * @return all properties, with them
	 */
	WeirProperties with(String name, SemaphoreSettings settings) {
		return with(this.lock, new Semaphore(this.semaphore.order, this.semaphore.busyStatus, this.semaphore.defaults,
				merged(this.semaphore.policies, name, settings, SemaphoreSettings::over)), this.rateLimit);
	}

	/**
	 * Lays settings over those of one rate limit.
	 * @param name the name of its policy
	 * @param settings the settings
	 * @return all properties, with them
	 */
	WeirProperties with(String name, RateLimitSettings settings) {
		RateLimit limits = this.rateLimit;
		return with(this.lock, this.semaphore,
				new RateLimit(limits.order, limits.headers, limits.hashUsers, limits.filter, limits.defaults,
						merged(limits.policies, name, settings, RateLimitSettings::over), limits.rules));
	}

	private WeirProperties with(Lock lock, Semaphore semaphore, RateLimit rateLimit) {
		return new WeirProperties(this.enabled, this.store, this.keyPrefix, this.onUnavailable, this.redis, this.lease,
				lock, semaphore, rateLimit, this.transaction, this.cache, this.web, this.observations, this.health);
	}

	private static <S> Map<String, S> merged(Map<String, S> policies, String name, S settings, BinaryOperator<S> over) {
		Map<String, S> merged = new HashMap<>(policies);
		merged.merge(name, settings, (below, above) -> over.apply(above, below));
		return merged;
	}

	private static void requireErrorStatus(int busyStatus) {
		if (busyStatus < 400 || busyStatus > 599) {
			throw new IllegalArgumentException("'busy-status' must be between 400 and 599, not " + busyStatus);
		}
	}

	/**
	 * Where leases live.
	 */
	public enum Store {

		/** In Redis: leases hold across all instances. */
		REDIS,

		/** In this JVM: for tests, and for services that run as one instance. */
		LOCAL

	}

	/**
	 * Commands to Redis.
	 *
	 * @param timeout Longest time that one command may take, including the way to Redis.
	 */
	public record Redis(@DefaultValue("500ms") Duration timeout) {

		public Redis {
			if (timeout.toMillis() < 1) {
				throw new IllegalArgumentException("'timeout' must be at least 1ms, not " + timeout);
			}
		}

	}

	/**
	 * What all leases have in common.
	 *
	 * @param ttl Time that a lease lives in Redis without being renewed. A crashed holder
	 * blocks others for at most this long.
	 */
	public record Lease(@DefaultValue("30s") Duration ttl) {

		public Lease {
			if (ttl.compareTo(LeaseSettings.MIN_TTL) < 0) {
				throw new IllegalArgumentException(
						"'ttl' must be at least " + LeaseSettings.MIN_TTL.toMillis() + "ms, not " + ttl);
			}
		}

	}

	/**
	 * Locks.
	 *
	 * @param order Order of the lock among the advice of a bean; transactions and caches
	 * have the lowest precedence.
	 * @param busyStatus HTTP status when a request finds a lock busy.
	 * @param defaults What holds for all locks that say nothing else.
	 * @param policies What holds for single locks, by name, whatever their annotation
	 * says.
	 */
	public record Lock(@DefaultValue("2147483447") int order, @DefaultValue("409") int busyStatus,
			@DefaultValue Defaults defaults, @DefaultValue Map<String, LockSettings> policies) {

		public Lock {
			requireErrorStatus(busyStatus);
		}

	}

	/**
	 * Semaphores.
	 *
	 * @param order Order of the semaphore among the advice of a bean; transactions and
	 * caches have the lowest precedence.
	 * @param busyStatus HTTP status when a request finds no permit free.
	 * @param defaults What holds for all semaphores that say nothing else.
	 * @param policies What holds for single semaphores, by name, whatever their
	 * annotation says.
	 */
	public record Semaphore(@DefaultValue("2147483547") int order, @DefaultValue("503") int busyStatus,
			@DefaultValue Defaults defaults, @DefaultValue Map<String, SemaphoreSettings> policies) {

		public Semaphore {
			requireErrorStatus(busyStatus);
		}

	}

	/**
	 * What holds for all leases of one kind that say nothing else.
	 *
	 * @param enabled Whether leases are taken at all.
	 * @param timeout Longest time that one caller may hold a lease; without it as long as
	 * the method runs.
	 * @param waitTime Longest time that a caller waits for a lease that has no timeout,
	 * zero to not wait.
	 * @param onUnavailable What happens when Redis does not answer; without it what
	 * 'weir.on-unavailable' says.
	 * @param onLost What happens when a lease was lost while the method ran.
	 */
	public record Defaults(@DefaultValue("true") Boolean enabled, @Nullable Duration timeout,
			@DefaultValue("10s") Duration waitTime, @Nullable OnUnavailable onUnavailable,
			@DefaultValue("fail") OnLost onLost) implements LeaseAttributes {

		public Defaults {
			LeaseAttributes.check(null, timeout, waitTime);
		}

		/**
		 * Adds the default of all kinds.
		 * @param onUnavailable 'weir.on-unavailable'
		 * @return the defaults
		 */
		Defaults orElse(OnUnavailable onUnavailable) {
			return (this.onUnavailable != null) ? this
					: new Defaults(this.enabled, this.timeout, this.waitTime, onUnavailable, this.onLost);
		}

	}

	/**
	 * Rate limits.
	 *
	 * @param order Order of rate limits among the advice of a bean; transactions and
	 * caches have the lowest precedence.
	 * @param headers Headers that tell clients of their limits.
	 * @param hashUsers Whether users stand in Redis only as a hash.
	 * @param filter The filter that charges requests.
	 * @param defaults What holds for all rate limits that say nothing else.
	 * @param policies What holds for single rate limits, by name, whatever their
	 * annotation says.
	 * @param rules Rate limits for requests by their path.
	 */
	public record RateLimit(@DefaultValue("2147483347") int order, @DefaultValue("standard") RateLimitHeaders headers,
			@DefaultValue("true") boolean hashUsers, @DefaultValue RateLimitFilter filter,
			@DefaultValue RateLimitDefaults defaults, @DefaultValue Map<String, RateLimitSettings> policies,
			@DefaultValue List<RateLimitRule> rules) {

	}

	/**
	 * The filter that charges requests.
	 *
	 * @param enabled Whether there is one; without it limits are charged when methods are
	 * called, and rules by path have no effect.
	 * @param order Order of the filter; that of Spring Security is -100.
	 */
	public record RateLimitFilter(@DefaultValue("true") boolean enabled, @DefaultValue("-90") int order) {

	}

	/**
	 * What holds for all rate limits that say nothing else.
	 *
	 * @param enabled Whether limits are charged at all.
	 * @param window Time in which the tokens of a limit are added.
	 * @param onUnavailable What happens when Redis does not answer.
	 */
	public record RateLimitDefaults(@DefaultValue("true") Boolean enabled, @DefaultValue("1m") Duration window,
			@DefaultValue("local") OnUnavailable onUnavailable) implements RateLimitAttributes {

	}

	/**
	 * Transactions on Redis.
	 *
	 * @param order Order of methods with a Redis transaction among the advice of a bean;
	 * database transactions and caches have the lowest precedence.
	 * @param retries How often a callback is called again when somebody else has changed
	 * what it read.
	 * @param timeout Longest time from the first call of a callback until its last try is
	 * sent.
	 * @param markerTtl Time for which it is remembered that a transaction with an id was
	 * applied.
	 * @param maxValueSize Largest size that one value may have.
	 */
	public record Transaction(@DefaultValue("2147483597") int order, @DefaultValue("3") int retries,
			@DefaultValue("5s") Duration timeout, @DefaultValue("5m") Duration markerTtl,
			@DefaultValue("1MB") DataSize maxValueSize) {

		public Transaction {
			if (retries < 0) {
				throw new IllegalArgumentException("'retries' must not be negative: use 0 for no retry");
			}
			requireMillis("timeout", timeout);
			requireMillis("marker-ttl", markerTtl);
			if (maxValueSize.toBytes() < 1) {
				throw new IllegalArgumentException("'max-value-size' must be at least 1B, not " + maxValueSize);
			}
		}

		private static void requireMillis(String name, Duration duration) {
			if (duration.toMillis() < 1) {
				throw new IllegalArgumentException("'" + name + "' must be at least 1ms, not " + duration);
			}
		}

	}

	/**
	 * Caches of Spring's cache abstraction.
	 *
	 * @param singleFlight Names of caches in which '@Cacheable(sync = true)' computes a
	 * missing entry once across all instances.
	 */
	public record Cache(@DefaultValue List<String> singleFlight) {

	}

	/**
	 * Answers to web requests.
	 *
	 * @param problemDetails Whether requests whose guarded call failed are answered with
	 * problem details (RFC 9457).
	 * @param adviceOrder Order of these answers among the advice of controllers; advice
	 * without an order comes after them.
	 */
	public record Web(@DefaultValue("true") boolean problemDetails, @DefaultValue("2147482647") int adviceOrder) {

	}

	/**
	 * Observations, from which traces are made.
	 *
	 * @param freeAcquires Whether a lease that is free has an observation, too; without
	 * it only waiting has.
	 */
	public record Observations(@DefaultValue("false") boolean freeAcquires) {

	}

	/**
	 * Health of this instance.
	 *
	 * @param downWhenDegraded Whether this instance is down when Redis does not answer as
	 * it should; without it its status is DEGRADED.
	 */
	public record Health(@DefaultValue("false") boolean downWhenDegraded) {

	}

}
