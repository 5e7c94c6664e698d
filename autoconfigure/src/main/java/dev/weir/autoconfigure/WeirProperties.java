package dev.weir.autoconfigure;

import java.net.URI;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseAttributes;
import dev.weir.lease.OnLost;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.policy.LeaderSettings;
import dev.weir.policy.LockSettings;
import dev.weir.policy.PolicyNames;
import dev.weir.policy.RateLimitAttributes;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.RateWindow;
import dev.weir.policy.SemaphoreSettings;
import dev.weir.policy.UserHash;
import dev.weir.transaction.TransactionOptions;
import dev.weir.web.RateLimitHeaders;
import dev.weir.web.RateLimitRule;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The properties of Weir.
 *
 * @param enabled Whether to enable Weir. If disabled, methods run unguarded.
 * @param store Store of the leases.
 * @param keyPrefix Prefix of every key.
 * @param onUnavailable Action for a guarded call when Redis does not answer, unless its
 * policy configures another action.
 * @param redis Commands to Redis.
 * @param lease Settings of all leases.
 * @param lock Locks.
 * @param semaphore Semaphores.
 * @param leader Roles that one instance has at a time.
 * @param rateLimit Rate limits.
 * @param transaction Transactions on Redis.
 * @param cache Caches of Spring's cache abstraction.
 * @param changes Changes of policies that operators make in all instances.
 * @param web Responses to web requests.
 * @param observations Observations, from which traces are made.
 * @param health Health of this instance.
 */
@ConfigurationProperties("weir")
public record WeirProperties(@DefaultValue("true") boolean enabled, @DefaultValue("redis") Store store,
		@DefaultValue("weir:") String keyPrefix, @DefaultValue("fail") OnUnavailable onUnavailable,
		@DefaultValue Redis redis, @DefaultValue Lease lease, @DefaultValue Lock lock,
		@DefaultValue Semaphore semaphore, @DefaultValue Leader leader, @DefaultValue RateLimit rateLimit,
		@DefaultValue Transaction transaction, @DefaultValue Cache cache, @DefaultValue Changes changes,
		@DefaultValue Web web, @DefaultValue Observations observations, @DefaultValue Health health) {

	private static final int SHORTEST_SECRET = 16;

	/** The longest duration of a property, so that all arithmetic stays in range. */
	private static final Duration LONGEST = Duration.ofDays(365);

	/**
	 * Overrides settings of one lock.
	 * @param name the name of its policy
	 * @param settings the settings that take precedence
	 * @return all properties, with these settings
	 */
	WeirProperties with(String name, LockSettings settings) {
		return with(
				new Lock(this.lock.order, this.lock.busyStatus, this.lock.defaults,
						merged(this.lock.policies, name, settings, LockSettings::over)),
				this.semaphore, this.rateLimit);
	}

	/**
	 * Overrides settings of one semaphore.
	 * @param name the name of its policy
	 * @param settings the settings that take precedence
	 * @return all properties, with these settings
	 */
	WeirProperties with(String name, SemaphoreSettings settings) {
		return with(this.lock, new Semaphore(this.semaphore.order, this.semaphore.busyStatus, this.semaphore.defaults,
				merged(this.semaphore.policies, name, settings, SemaphoreSettings::over)), this.rateLimit);
	}

	/**
	 * Overrides settings of one rate limit.
	 * @param name the name of its policy
	 * @param settings the settings that take precedence
	 * @return all properties, with these settings
	 */
	WeirProperties with(String name, RateLimitSettings settings) {
		RateLimit limits = this.rateLimit;
		return with(this.lock, this.semaphore,
				new RateLimit(limits.order, limits.headers, limits.hashUsers, limits.userHashKey, limits.filter,
						limits.zone, limits.maxPause, limits.defaults,
						merged(limits.policies, name, settings, RateLimitSettings::over), limits.rules));
	}

	private static void require(String name, Duration duration, Duration shortest, Duration longest) {
		if (duration.compareTo(shortest) < 0) {
			throw new IllegalArgumentException(
					"'" + name + "' must be at least " + shortest.toMillis() + "ms, not " + duration);
		}
		if (duration.compareTo(longest) > 0) {
			throw new IllegalArgumentException(
					"'" + name + "' must be at most " + longest.toDays() + "d, not " + duration);
		}
	}

	private static void requireSecret(String name, @Nullable String secret) {
		if (secret != null && secret.length() < SHORTEST_SECRET) {
			throw new IllegalArgumentException("'" + name + "' must have at least " + SHORTEST_SECRET
					+ " characters, such as a random UUID, not " + secret.length());
		}
	}

	private WeirProperties with(Lock lock, Semaphore semaphore, RateLimit rateLimit) {
		return new WeirProperties(this.enabled, this.store, this.keyPrefix, this.onUnavailable, this.redis, this.lease,
				lock, semaphore, this.leader, rateLimit, this.transaction, this.cache, this.changes, this.web,
				this.observations, this.health);
	}

	private static <S> Map<String, S> merged(Map<String, S> policies, String name, S settings, BinaryOperator<S> over) {
		Map<String, S> merged = new HashMap<>(policies);
		S below = PolicyNames.find(merged, name);
		merged.remove(PolicyNames.uniform(name));
		merged.put(name, (below != null) ? over.apply(settings, below) : settings);
		return merged;
	}

	private static void requireErrorStatus(int busyStatus) {
		if (busyStatus < 400 || busyStatus > 599) {
			throw new IllegalArgumentException("'busy-status' must be between 400 and 599, not " + busyStatus);
		}
	}

	/**
	 * Store of the leases.
	 */
	public enum Store {

		/** Redis. All instances share the leases. */
		REDIS,

		/** This JVM, for tests, and for services that run as one instance. */
		LOCAL

	}

	/**
	 * Commands to Redis.
	 *
	 * @param timeout Longest time that one command may take, including the way to Redis.
	 * @param connect When an application with guarded methods or rules connects.
	 * @param client Client that connects to Redis: auto, redisson or lettuce.
	 */
	public record Redis(@DefaultValue("500ms") Duration timeout, @DefaultValue("eager") Connect connect,
			@DefaultValue("auto") Client client) {

		public Redis {
			require("timeout", timeout, Duration.ofMillis(1), Duration.ofDays(1));
		}

		/**
		 * The client that connects to Redis.
		 */
		public enum Client {

			/**
			 * The application's {@code RedissonClient}, else Redisson if it is present,
			 * else Lettuce.
			 */
			AUTO,

			/** Redisson. */
			REDISSON,

			/**
			 * Lettuce, with the settings of the application's
			 * {@code LettuceConnectionFactory}.
			 */
			LETTUCE

		}

		/**
		 * When an application connects to Redis.
		 */
		public enum Connect {

			/**
			 * When it starts, in the background: an absent Redis neither delays nor fails
			 * the start.
			 */
			EAGER,

			/** When the first call needs Redis. */
			LAZY

		}

	}

	/**
	 * Settings of all leases.
	 *
	 * @param ttl Time to live of a lease in Redis that is not renewed. A crashed holder
	 * blocks other callers for at most this time.
	 */
	public record Lease(@DefaultValue("30s") Duration ttl) {

		public Lease {
			require("ttl", ttl, LeaseSettings.MIN_TTL, LONGEST);
		}

	}

	/**
	 * Locks.
	 *
	 * @param order Order of the lock among the advice of a bean. Transactions and caches
	 * have the lowest precedence.
	 * @param busyStatus HTTP status of the response to a request that finds a lock busy.
	 * @param defaults Default settings of all locks.
	 * @param policies Settings of single locks, by name. They take precedence over the
	 * annotation.
	 */
	public record Lock(@DefaultValue("2147483447") int order, @DefaultValue("409") int busyStatus,
			@DefaultValue Defaults defaults, @DefaultValue Map<String, LockSettings> policies) {

		public Lock {
			policies = PolicyNames.join(policies, LockSettings::over);
			requireErrorStatus(busyStatus);
		}

	}

	/**
	 * Semaphores.
	 *
	 * @param order Order of the semaphore among the advice of a bean. Transactions and
	 * caches have the lowest precedence.
	 * @param busyStatus HTTP status of the response to a request that finds no free
	 * permit.
	 * @param defaults Default settings of all semaphores.
	 * @param policies Settings of single semaphores, by name. They take precedence over
	 * the annotation.
	 */
	public record Semaphore(@DefaultValue("2147483547") int order, @DefaultValue("503") int busyStatus,
			@DefaultValue Defaults defaults, @DefaultValue Map<String, SemaphoreSettings> policies) {

		public Semaphore {
			policies = PolicyNames.join(policies, SemaphoreSettings::over);
			requireErrorStatus(busyStatus);
		}

	}

	/**
	 * Roles that one instance has at a time.
	 *
	 * @param roles Settings of single roles, by name.
	 */
	public record Leader(@DefaultValue Map<String, LeaderSettings> roles) {

		public Leader {
			roles = PolicyNames.join(roles, LeaderSettings::over);
		}

	}

	/**
	 * Default settings of all leases of one kind.
	 *
	 * @param enabled Whether leases are acquired at all.
	 * @param timeout Longest time that one caller may hold a lease. By default, a caller
	 * may hold a lease as long as the method runs.
	 * @param waitTime Longest time that a caller waits for a lease that has no timeout.
	 * Set to zero to not wait.
	 * @param onUnavailable Action when Redis does not answer. By default, this is the
	 * value of 'weir.on-unavailable'.
	 * @param onLost Action when a lease was lost while the method ran.
	 * @param maxWaiters Maximum number of callers of one instance that wait for one
	 * policy at the same time. For further callers, the lease is busy at once. By
	 * default, only web requests are bounded, by 'weir.web.max-waiters'.
	 */
	public record Defaults(@DefaultValue("true") Boolean enabled, @Nullable Duration timeout,
			@DefaultValue("10s") Duration waitTime, @Nullable OnUnavailable onUnavailable,
			@DefaultValue("fail") OnLost onLost, @Nullable Integer maxWaiters) implements LeaseAttributes {

		public Defaults {
			LeaseAttributes.check(null, timeout, waitTime, maxWaiters);
		}

		/**
		 * Adds the default action of all kinds of leases.
		 * @param onUnavailable the value of 'weir.on-unavailable'
		 * @return the defaults
		 */
		Defaults orElse(OnUnavailable onUnavailable) {
			return (this.onUnavailable != null) ? this : new Defaults(this.enabled, this.timeout, this.waitTime,
					onUnavailable, this.onLost, this.maxWaiters);
		}

	}

	/**
	 * Rate limits.
	 *
	 * @param order Order of rate limits among the advice of a bean. Transactions and
	 * caches have the lowest precedence.
	 * @param headers Headers that report limits to clients.
	 * @param hashUsers Whether users are stored in Redis only as a hash.
	 * @param userHashKey Key of that hash, at least 16 characters, the same in all
	 * instances. Without a key, a reader of Redis can guess users. With another key, all
	 * buckets begin full.
	 * @param filter The filter that charges requests.
	 * @param zone Time zone whose midnight begins limits per day, week or month anew.
	 * @param maxPause Longest pause that the response of another service can ask for.
	 * @param defaults Default settings of all rate limits.
	 * @param policies Settings of single rate limits, by name. They take precedence over
	 * the annotation.
	 * @param rules Rate limits for requests by their path.
	 */
	public record RateLimit(@DefaultValue("2147483347") int order, @DefaultValue("standard") RateLimitHeaders headers,
			@DefaultValue("true") boolean hashUsers, @Nullable String userHashKey, @DefaultValue RateLimitFilter filter,
			@DefaultValue("UTC") ZoneId zone, @DefaultValue("5m") Duration maxPause,
			@DefaultValue RateLimitDefaults defaults, @DefaultValue Map<String, RateLimitSettings> policies,
			@DefaultValue List<RateLimitRule> rules) {

		public RateLimit {
			policies = PolicyNames.join(policies, RateLimitSettings::over);
			requireSecret("user-hash-key", userHashKey);
			require("max-pause", maxPause, Duration.ofMillis(1), LONGEST);
			if (userHashKey != null && !hashUsers) {
				throw new IllegalArgumentException("'user-hash-key' has no effect, because 'hash-users' is false");
			}
		}

		/**
		 * Returns the defaults of all policies.
		 * @return the defaults, with the time zone
		 */
		RateLimitSettings allDefaults() {
			return new RateLimitSettings(this.defaults.enabled(), null, this.defaults.window(), null, null,
					this.defaults.onUnavailable(), null, this.zone, null);
		}

		/**
		 * Returns the form in which keys contain users.
		 * @return the form
		 */
		UserHash users() {
			if (!this.hashUsers) {
				return UserHash.none();
			}
			return (this.userHashKey != null) ? UserHash.hmac(this.userHashKey) : UserHash.sha256();
		}

		@Override
		public String toString() {
			// Without the key.
			return "RateLimit" + this.policies.keySet();
		}

	}

	/**
	 * The filter that charges requests.
	 *
	 * @param enabled Whether to enable the filter that charges requests. If disabled,
	 * limits are charged when methods are called, and rules by path have no effect.
	 * @param order Order of the filter that charges limited controller methods, and rules
	 * that may need the user: by user and by expression.
	 * @param orderBeforeSecurity Order of the filter that charges rules that need no
	 * user: by all, by address and by header. The order of the filter of Spring Security
	 * is -100.
	 */
	public record RateLimitFilter(@DefaultValue("true") boolean enabled, @DefaultValue("-90") int order,
			@DefaultValue("-102") int orderBeforeSecurity) {

	}

	/**
	 * Default settings of all rate limits.
	 *
	 * @param enabled Whether limits are charged at all.
	 * @param window Time in which the tokens of a limit are added, or 'day', 'week' or
	 * 'month'.
	 * @param onUnavailable Action when Redis does not answer.
	 */
	public record RateLimitDefaults(@DefaultValue("true") Boolean enabled, @DefaultValue("1m") RateWindow window,
			@DefaultValue("local") OnUnavailable onUnavailable) implements RateLimitAttributes {

	}

	/**
	 * Transactions on Redis.
	 *
	 * @param order Order of methods with a Redis transaction among the advice of a bean.
	 * Database transactions and caches have the lowest precedence.
	 * @param retries Number of times that a callback is called again because a value that
	 * it read was changed meanwhile.
	 * @param timeout Longest time from the first call of a callback until its last
	 * attempt is sent.
	 * @param markerTtl Time for which Weir remembers that a transaction with an id was
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
			require("timeout", timeout, TransactionOptions.SHORTEST_TIMEOUT, TransactionOptions.LONGEST_TIMEOUT);
			require("marker-ttl", markerTtl, Duration.ofMillis(1), LONGEST);
			if (maxValueSize.toBytes() < 1) {
				throw new IllegalArgumentException("'max-value-size' must be at least 1B, not " + maxValueSize);
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
	 * Changes of policies that operators make in all instances.
	 *
	 * @param secret Secret with at least 16 characters that all instances share. It signs
	 * the changes. Without it, operators can only lower limits in all instances at once,
	 * because every client with the right to publish in Redis can send a change.
	 */
	public record Changes(@Nullable String secret) {

		public Changes {
			requireSecret("secret", secret);
		}

		@Override
		public String toString() {
			// Without the secret.
			return "Changes";
		}

	}

	/**
	 * Responses to web requests.
	 *
	 * @param problemDetails Whether requests whose guarded call failed get a response
	 * with problem details (RFC 9457).
	 * @param adviceOrder Order of the advice that sends problem details, among the advice
	 * of controllers. Advice without an order comes later.
	 * @param problemTypes URI to which the name of a rate limit problem is appended, to
	 * form the type of its problem details.
	 * @param maxWaiters Maximum number of requests of one instance that wait for leases
	 * at the same time. For further requests, a lease that is not free is busy at once.
	 * Policies with 'max-waiters' do not count here.
	 */
	public record Web(@DefaultValue("true") boolean problemDetails, @DefaultValue("2147482647") int adviceOrder,
			@DefaultValue("https://iana.org/assignments/http-problem-types#") URI problemTypes,
			@DefaultValue("100") int maxWaiters) {

		public Web {
			if (maxWaiters < 0) {
				throw new IllegalArgumentException("'max-waiters' must not be negative: use 0 to let no request wait");
			}
		}

	}

	/**
	 * Observations, from which traces are made.
	 *
	 * @param freeAcquires Whether the acquisition of a free lease has an observation,
	 * too. By default, only waiting has an observation.
	 */
	public record Observations(@DefaultValue("false") boolean freeAcquires) {

	}

	/**
	 * Health of this instance.
	 *
	 * @param downWhenDegraded Whether the status of this instance is DOWN when Redis does
	 * not answer as it should. By default, the status is DEGRADED.
	 */
	public record Health(@DefaultValue("false") boolean downWhenDegraded) {

	}

}
