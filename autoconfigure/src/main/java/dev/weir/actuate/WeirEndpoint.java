package dev.weir.actuate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;

import dev.weir.core.Stages;
import dev.weir.core.StoreProbe;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.Holder;
import dev.weir.lease.Leaders;
import dev.weir.lease.Leadership;
import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import dev.weir.policy.LeaderPolicies;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.PolicyDescription;
import dev.weir.policy.PolicyKind;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.RateLimitException;
import dev.weir.ratelimit.RateLimiter;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * {@link Endpoint @Endpoint} that shows policies, live leases and buckets. If its access
 * allows changes, the endpoint also releases leases, resets buckets and changes policies.
 * {@code docs/actuator.md} describes the requests and the responses.
 */
@Endpoint(id = "weir", defaultAccess = Access.READ_ONLY)
public final class WeirEndpoint {

	private static final int DEFAULT_COUNT = 100;

	private static final int MAX_COUNT = 1000;

	private final String keyPrefix;

	private final PolicyCatalog policies;

	private final LeaseStore leases;

	private final LeaseDirectory leaseDirectory;

	private final AuditedActions actions;

	private final BucketActions bucketActions;

	private final BucketDirectory bucketDirectory;

	private final PolicyTuning tuning;

	private final OperatorAudit audit;

	private final @Nullable StoreProbe store;

	private final @Nullable Leaders leaders;

	/** Whether a request reads a list from the store. */
	private final AtomicBoolean listing = new AtomicBoolean();

	/**
	 * Creates an endpoint.
	 * @param keyPrefix the prefix of all keys
	 * @param policies the catalog that lists the policies
	 * @param leases the store that releases leases
	 * @param leaseDirectory the directory that lists leases
	 * @param rateLimiter the rate limiter that resets buckets
	 * @param bucketDirectory the directory that lists buckets
	 * @param tuning the tuning that changes policies
	 * @param audit the audit of the released leases and the reset buckets
	 * @param store the probe that knows the circuits, {@code null} without Redis
	 * @param leaders the roles of this instance, {@code null} for none
	 */
	public WeirEndpoint(String keyPrefix, PolicyCatalog policies, LeaseStore leases, LeaseDirectory leaseDirectory,
			RateLimiter rateLimiter, BucketDirectory bucketDirectory, PolicyTuning tuning, OperatorAudit audit,
			@Nullable StoreProbe store, @Nullable Leaders leaders) {
		this.keyPrefix = keyPrefix;
		this.policies = policies;
		this.leases = leases;
		this.leaseDirectory = leaseDirectory;
		this.actions = new AuditedActions(audit);
		this.bucketActions = new BucketActions(rateLimiter, this.actions);
		this.bucketDirectory = bucketDirectory;
		this.tuning = tuning;
		this.audit = audit;
		this.store = store;
		this.leaders = leaders;
	}

	/**
	 * Lists the policies.
	 * @return the policies with the values that are in force in this instance
	 */
	@ReadOperation
	public Policies policies() {
		return new Policies(this.policies.all());
	}

	/**
	 * Lists live leases, buckets, or the roles or circuits of this instance.
	 * @param what {@code leases}, {@code buckets}, {@code leaders} or {@code circuits}
	 * @param policy the policy of the listed entries, {@code null} for all policies
	 * @param cursor the {@code next} of the previous page, {@code null} for the first
	 * page
	 * @param count the approximate number of entries, 100 by default, at most 1000
	 * @return a page of leases or buckets, or the roles or circuits
	 */
	@ReadOperation
	public Object list(@Selector String what, @Nullable String policy, @Nullable String cursor,
			@Nullable Integer count) {
		int wanted = Math.max(1, Math.min((count != null) ? count : DEFAULT_COUNT, MAX_COUNT));
		return answer(() -> {
			OperatorInput.requireName(policy);
			return list(what, policy, cursor, wanted);
		});
	}

	private Object list(String what, @Nullable String policy, @Nullable String cursor, int wanted) {
		return switch (what) {
			case "leases" -> oneAtATime(() -> leases(policy, cursor, wanted));
			case "buckets" -> oneAtATime(() -> buckets(policy, cursor, wanted));
			case "leaders" -> oneAtATime(this::leaders);
			case "circuits" -> new Circuits((this.store != null) ? this.store.circuits() : Map.of());
			default -> throw new IllegalArgumentException(
					"'" + what + "' cannot be listed: use leases, buckets, leaders or circuits");
		};
	}

	/**
	 * Reads a list from the store, which costs the store up to a second of work. The
	 * requests of this instance do so one at a time.
	 * @param <T> the type of the list
	 * @param list reads the list
	 * @return the list
	 */
	private <T> T oneAtATime(Supplier<T> list) {
		if (!this.listing.compareAndSet(false, true)) {
			throw new TooManyListsException();
		}
		try {
			return list.get();
		}
		finally {
			this.listing.set(false);
		}
	}

	private Leases leases(@Nullable String policy, @Nullable String cursor, int count) {
		LeaseDirectory.Page page = Stages.await(this.leaseDirectory.list(prefix(policy), cursor, count));
		return new Leases(page.places()
			.stream()
			.filter((place) -> policy == null || LeasePolicies.isKeyOf(prefix(policy), place.key().value()))
			.filter(isLease())
			.map(LiveLease::of)
			.toList(), page.next());
	}

	private LiveLeaders leaders() {
		return new LiveLeaders(roles().stream().map((leadership) -> {
			LeaseKey key = new LeaseKey(LeaseKind.LOCK, prefix(LeaderPolicies.nameOf(leadership.role())));
			LiveLease lease = Stages.await(this.leaseDirectory.look(key))
				.stream()
				.findFirst()
				.map(LiveLease::of)
				.orElse(null);
			return new LiveLeaders.LiveLeader(leadership.role(), leadership.isLeader(), lease);
		}).toList());
	}

	private Collection<? extends Leadership> roles() {
		return (this.leaders != null) ? this.leaders.all() : List.of();
	}

	private Buckets buckets(@Nullable String policy, @Nullable String cursor, int count) {
		BucketDirectory.Page page = Stages.await(this.bucketDirectory.list(prefix(policy), cursor, count));
		return new Buckets(page.buckets()
			.stream()
			.filter((bucket) -> policy == null || RateLimitPolicies.isKeyOf(prefix(policy), bucket.key()))
			.map(LiveBucket::of)
			.toList(), page.next());
	}

	/**
	 * Returns a test that detects the leases among the entries of the store. With a key
	 * prefix, each entry under the prefix is a lease. Without a key prefix, the store
	 * also contains the keys of other applications.
	 * @return the test
	 */
	private Predicate<LeaseDirectory.Place> isLease() {
		if (!this.keyPrefix.isEmpty()) {
			return (place) -> true;
		}
		List<PolicyDescription> known = this.policies.all();
		return (place) -> place.holder() != null || known.stream()
			.anyMatch((policy) -> policy.kind() == PolicyKind.of(place.key().kind())
					&& LeasePolicies.isKeyOf(prefix(policy.name()), place.key().value()));
	}

	private String prefix(@Nullable String policy) {
		return this.keyPrefix + ((policy != null) ? policy : "");
	}

	/**
	 * Changes a policy while the application runs, until the application is started
	 * again. An empty value takes back the previous change.
	 * @param what {@code policies}
	 * @param kind {@code lock}, {@code semaphore} or {@code rate-limit}
	 * @param name the name of the policy
	 * @param enabled whether the policy is enabled
	 * @param limit the limit; for a rate limit optionally with its window, such as
	 * {@code 60/1m}
	 * @param burst the burst of a rate limit
	 * @param timeout the timeout of a lock or semaphore
	 * @param waitTime the wait time of a lock or semaphore
	 * @param shadow whether denials of a rate limit are only counted
	 * @param scope {@code instance}, which is the default, or {@code all} for all
	 * instances
	 * @param security the security context of the request
	 * @return the policy as it is now in this instance, and the number of instances that
	 * received the change
	 */
	@WriteOperation
	public Object change(@Selector String what, String kind, String name, @Nullable String enabled,
			@Nullable String limit, @Nullable String burst, @Nullable String timeout, @Nullable String waitTime,
			@Nullable String shadow, @Nullable String scope, SecurityContext security) {
		return answer(() -> {
			require(what, "policies");
			Map<String, String> values = new TreeMap<>();
			put(values, "enabled", enabled);
			put(values, "limit", limit);
			put(values, "burst", burst);
			put(values, "timeout", timeout);
			put(values, "wait-time", waitTime);
			put(values, "shadow", shadow);
			PolicyKind policyKind = PolicyKind.of(kind);
			PolicyChange change = new PolicyChange(policyKind, name, values);
			this.policies.get(policyKind, name);
			long instances = apply(change, scope, AuditedActions.principal(security));
			return new Changed(this.policies.get(policyKind, name), instances);
		});
	}

	private long apply(PolicyChange change, @Nullable String scope, String operator) {
		if ("all".equals(scope)) {
			return this.tuning.applyToAll(change, operator);
		}
		if (scope != null && !"instance".equals(scope)) {
			throw new IllegalArgumentException("There is no scope '" + scope + "': use instance or all");
		}
		this.tuning.apply(change, operator);
		return 1;
	}

	/**
	 * Releases a lease, regardless of its holder, makes a bucket full again, lifts the
	 * pause of a bucket, or makes this instance give a role to another one. The holder of
	 * a released lease is not stopped. The next renewal of the holder detects the loss.
	 * @param what {@code leases}, {@code buckets}, {@code pauses} or {@code leaders}
	 * @param key the key, as in the list, or the name of the role
	 * @param kind {@code lock}, which is the default, or {@code semaphore}
	 * @param owner the owner, as in the list, {@code null} for all owners of the key
	 * @param security the security context of the request
	 * @return the released leases, the key of the bucket, or the role
	 */
	@DeleteOperation
	public Object release(@Selector String what, String key, @Nullable String kind, @Nullable String owner,
			SecurityContext security) {
		return answer(() -> {
			OperatorInput.requireKey(key);
			OperatorInput.requireKey(owner);
			if (what.equals("leaders")) {
				return stepDown(key, security);
			}
			if (!key.startsWith(this.keyPrefix)) {
				throw new IllegalArgumentException(
						"'" + key + "' is not a key of Weir: all keys of Weir begin with '" + this.keyPrefix + "'");
			}
			return switch (what) {
				case "leases" -> releaseLeases(key, kind, owner, security);
				case "buckets" -> this.bucketActions.reset(key, security);
				case "pauses" -> this.bucketActions.liftPause(key, security);
				default -> throw new IllegalArgumentException(
						"'" + what + "' cannot be released: use leases, buckets, pauses or leaders");
			};
		});
	}

	private Leases releaseLeases(String key, @Nullable String kind, @Nullable String owner, SecurityContext security) {
		LeaseKind leaseKind = (kind != null) ? LeaseKind.of(kind) : LeaseKind.LOCK;
		LeaseKey leaseKey = new LeaseKey(leaseKind, key);
		Predicate<LeaseDirectory.Place> isLease = isLease();
		List<LiveLease> released = new ArrayList<>();
		for (LeaseDirectory.Place place : Stages.await(this.leaseDirectory.look(leaseKey))) {
			LiveLease lease = LiveLease.of(place);
			if (!isLease.test(place) || (owner != null && !owner.equals(lease.owner()))) {
				continue;
			}
			Map<String, @Nullable Object> done = new LinkedHashMap<>();
			done.put("kind", leaseKind.toString());
			done.put("key", key);
			done.put("owner", lease.owner());
			Holder holder = place.holder();
			if (holder != null) {
				done.put("holder", holder.toString());
			}
			LeaseStore.Release release = this.actions.run("WEIR_LEASE_RELEASED", done, security,
					() -> this.leases.release(leaseKey, place.owner(), 0),
					(result) -> result != LeaseStore.Release.NOT_HELD);
			if (release != LeaseStore.Release.NOT_HELD) {
				released.add(lease);
			}
		}
		return new Leases(released, null);
	}

	private Map<String, String> stepDown(String role, SecurityContext security) {
		Leadership leadership = roles().stream()
			.filter((known) -> known.role().equals(role))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("This instance has no role '" + role + "'"));
		if (!leadership.stepDown()) {
			throw new IllegalArgumentException("This instance is not the leader of '" + role
					+ "'. Send the request to the leader, or release its lease '" + prefix(LeaderPolicies.nameOf(role))
					+ "'");
		}
		this.audit.done("WEIR_LEADER_STEPPED_DOWN", Map.of("role", role), AuditedActions.principal(security));
		return Map.of("steppedDown", role);
	}

	private static void put(Map<String, String> values, String attribute, @Nullable String value) {
		if (value != null) {
			values.put(attribute, value);
		}
	}

	private static void require(String given, String allowed) {
		if (!given.equals(allowed)) {
			throw new IllegalArgumentException("'" + given + "' cannot be changed: use " + allowed);
		}
	}

	/**
	 * Runs an operation and returns its result. If the operation fails, the response
	 * contains the message of the exception, which Spring Boot would omit.
	 * @param operation the operation
	 * @return the result, or a response with the error
	 */
	private static Object answer(Supplier<Object> operation) {
		try {
			return operation.get();
		}
		catch (IllegalArgumentException ex) {
			return failure(WebEndpointResponse.STATUS_BAD_REQUEST, ex);
		}
		catch (TooManyListsException ex) {
			return failure(WebEndpointResponse.STATUS_TOO_MANY_REQUESTS, ex);
		}
		catch (StoreUnavailableException | RateLimitException ex) {
			return failure(WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE, ex);
		}
	}

	private static WebEndpointResponse<Map<String, String>> failure(int status, RuntimeException failure) {
		return new WebEndpointResponse<>(Map.of("error", String.valueOf(failure.getMessage())), status);
	}

	/**
	 * Thrown when another request reads a list.
	 */
	private static final class TooManyListsException extends RuntimeException {

		private TooManyListsException() {
			super("Another request reads a list from Redis. Repeat the request later");
		}

	}

	/**
	 * All policies.
	 *
	 * @param policies the policies
	 */
	public record Policies(List<PolicyDescription> policies) {

	}

	/**
	 * The circuits of the masters of Redis.
	 *
	 * @param open by address of the master, whether its circuit is open: the master has
	 * not answered for a while and gets no calls of this instance
	 */
	public record Circuits(Map<String, Boolean> open) {

	}

	/**
	 * A page of leases.
	 *
	 * @param leases the leases
	 * @param next the cursor of the next page, {@code null} if there is none
	 */
	public record Leases(List<LiveLease> leases, @Nullable String next) {

	}

	/**
	 * A page of buckets.
	 *
	 * @param buckets the buckets
	 * @param next the cursor of the next page, {@code null} if there is none
	 */
	public record Buckets(List<LiveBucket> buckets, @Nullable String next) {

	}

	/**
	 * The result of a change of a policy.
	 *
	 * @param policy the policy as it is now in this instance
	 * @param instances the number of instances that received the change, including this
	 * one
	 */
	public record Changed(PolicyDescription policy, long instances) {

	}

}
