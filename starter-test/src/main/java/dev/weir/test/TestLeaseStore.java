package dev.weir.test;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import dev.weir.local.LocalLeaseStore;
import dev.weir.policy.LeasePolicies;
import org.jspecify.annotations.Nullable;

/**
 * Keeps leases in the JVM of the test, and fails during a simulated outage of Redis.
 */
final class TestLeaseStore implements LeaseStore, LeaseDirectory {

	private final FailingSwitch redis;

	private final LongSupplier clock;

	private volatile LocalLeaseStore leases;

	/** The leases of the roles that the test has granted. */
	private final Set<String> granted = ConcurrentHashMap.newKeySet();

	private final String keyOfRoles;

	private Consumer<LeaseKey> wakeUps = (key) -> {
	};

	TestLeaseStore(FailingSwitch redis, LongSupplier clock, String keyOfRoles) {
		this.keyOfRoles = keyOfRoles;
		this.redis = redis;
		this.clock = clock;
		this.leases = new LocalLeaseStore(clock);
	}

	void clear() {
		this.granted.clear();
		this.leases = new LocalLeaseStore(this.clock);
	}

	/**
	 * Forgets all places whose key belongs to a policy, even during a simulated outage.
	 * @param keyOfPolicy the key without the values of expressions
	 * @return the number of places
	 */
	int forget(String keyOfPolicy) {
		List<Place> places = places(keyOfPolicy);
		places.forEach((place) -> this.leases.release(place.key(), place.owner(), 0));
		return places.size();
	}

	/**
	 * Lets the application have the lease of a role.
	 * @param key the key of the lease
	 */
	void grant(String key) {
		this.granted.add(key);
		this.wakeUps.accept(new LeaseKey(LeaseKind.LOCK, key));
	}

	/**
	 * Keeps the lease of a role from the application, as if another instance had it.
	 * @param key the key of the lease
	 */
	void withdraw(String key) {
		this.granted.remove(key);
		forget(key);
	}

	List<Place> places(String keyOfPolicy) {
		return this.leases.list(keyOfPolicy, null, Integer.MAX_VALUE)
			.thenApply((page) -> page.places()
				.stream()
				.filter((place) -> LeasePolicies.isKeyOf(keyOfPolicy, place.key().value()))
				.toList())
			.toCompletableFuture()
			.join();
	}

	private <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> call) {
		// A certain outage that does not end by itself: callers are answered at once.
		return this.redis.unlessFailing(call,
				(message) -> StoreUnavailableException.withoutAsking(message, null, StoreUnavailableException.FOREVER));
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(Claim claim) {
		String key = claim.key().value();
		boolean elsewhere = key.startsWith(this.keyOfRoles) && !this.granted.contains(key);
		return ask(() -> elsewhere ? CompletableFuture.completedStage(new Busy(null, null, true))
				: this.leases.tryAcquire(claim));
	}

	@Override
	public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
		return ask(() -> this.leases.renew(key, owner, ttl));
	}

	@Override
	public CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit) {
		return ask(() -> this.leases.release(key, owner, waitingLimit));
	}

	@Override
	public CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time) {
		return ask(() -> this.leases.keep(key, owner, time));
	}

	@Override
	public CompletionStage<Void> leave(LeaseKey key, boolean passOn) {
		return CompletableFuture.completedStage(null);
	}

	@Override
	public void onWakeUp(Consumer<LeaseKey> listener) {
		// There is no other instance. Only a test wakes the application.
		this.wakeUps = listener;
	}

	@Override
	public CompletionStage<Page> list(String prefix, @Nullable String cursor, int count) {
		return ask(() -> this.leases.list(prefix, cursor, count));
	}

	@Override
	public CompletionStage<List<Place>> look(LeaseKey key) {
		return ask(() -> this.leases.look(key));
	}

}
