package dev.weir.local;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import dev.weir.lease.Holder;
import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;

/**
 * Leases that hold within this JVM. Thread-safe; always available. There is no queue of
 * instances: the only instance is this one, and its callers queue before they come here.
 */
public final class LocalLeaseStore implements LeaseStore, LeaseDirectory {

	private final ConcurrentMap<LeaseKey, Map<String, Long>> places = new ConcurrentHashMap<>();

	private final AtomicLong lastToken = new AtomicLong();

	private final LongSupplier clock;

	public LocalLeaseStore() {
		this(System::nanoTime);
	}

	/**
	 * Creates a store with a clock of its own.
	 * @param clock a monotonic clock in nanoseconds
	 */
	public LocalLeaseStore(LongSupplier clock) {
		this.clock = clock;
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(Claim claim) {
		Answer answer = new Answer();
		this.places.compute(claim.key(), (key, known) -> {
			Map<String, Long> owners = living(known);
			if (owners.containsKey(claim.owner()) || owners.size() < claim.limit()) {
				owners.put(claim.owner(), deadline(claim.ttl()));
				answer.attempt = new Acquired(claim.fenced() ? mint() : 0);
			}
			else {
				answer.attempt = busy(owners);
			}
			return owners;
		});
		return CompletableFuture.completedStage(answer.attempt);
	}

	@Override
	public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
		Map<String, Long> remaining = this.places.computeIfPresent(key, (same, known) -> {
			Map<String, Long> owners = living(known);
			owners.computeIfPresent(owner, (again, deadline) -> deadline(ttl));
			return owners.isEmpty() ? null : owners;
		});
		return CompletableFuture.completedStage(remaining != null && remaining.containsKey(owner));
	}

	@Override
	public CompletionStage<Release> release(LeaseKey key, String owner, boolean requeue) {
		Answer answer = new Answer();
		this.places.computeIfPresent(key, (same, known) -> {
			Map<String, Long> owners = living(known);
			answer.released = owners.remove(owner) != null;
			return owners.isEmpty() ? null : owners;
		});
		return CompletableFuture.completedStage(answer.released ? Release.RELEASED : Release.NOT_HELD);
	}

	@Override
	public CompletionStage<Void> leave(LeaseKey key) {
		return CompletableFuture.completedStage(null);
	}

	@Override
	public void onWakeUp(Consumer<LeaseKey> listener) {
		// No other instance can wake this one.
	}

	@Override
	public boolean isShared() {
		return false;
	}

	@Override
	public CompletionStage<Page> list(String prefix, @Nullable String cursor, int count) {
		if (cursor != null) {
			throw new IllegalArgumentException("'" + cursor + "' is no cursor: there is only one page");
		}
		return CompletableFuture.completedStage(new Page(this.places.keySet()
			.stream()
			.filter((key) -> key.value().startsWith(prefix))
			.flatMap((key) -> taken(key).stream())
			.toList(), null));
	}

	@Override
	public CompletionStage<List<Place>> look(LeaseKey key) {
		return CompletableFuture.completedStage(taken(key));
	}

	private List<Place> taken(LeaseKey key) {
		long now = this.clock.getAsLong();
		return living(this.places.get(key)).entrySet()
			.stream()
			.map((place) -> new Place(key, place.getKey(), Duration.ofNanos(Math.max(0, place.getValue() - now)), 0))
			.toList();
	}

	/**
	 * Returns how many keys have an owner, or had one whose time has passed unnoticed.
	 * @return the number of keys
	 */
	public int size() {
		return this.places.size();
	}

	/**
	 * Copies the owners whose deadline has not passed. A copy, since readers outside of
	 * the map's lock may still hold the old one.
	 * @param owners the owners and their deadlines
	 * @return those that live
	 */
	private Map<String, Long> living(@Nullable Map<String, Long> owners) {
		Map<String, Long> living = new LinkedHashMap<>();
		if (owners != null) {
			long now = this.clock.getAsLong();
			owners.forEach((owner, deadline) -> {
				if (deadline - now > 0) {
					living.put(owner, deadline);
				}
			});
		}
		return living;
	}

	private Busy busy(Map<String, Long> owners) {
		long now = this.clock.getAsLong();
		var first = owners.entrySet()
			.stream()
			.min((one, other) -> Long.signum(one.getValue() - other.getValue()))
			.orElseThrow();
		return new Busy(Holder.parse(first.getKey()), Duration.ofNanos(first.getValue() - now), false);
	}

	private long deadline(Duration ttl) {
		return this.clock.getAsLong() + ttl.toNanos();
	}

	private long mint() {
		long now = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());
		return this.lastToken.updateAndGet((last) -> Math.max(last + 1 + Acquired.RESERVED_TOKENS, now));
	}

	/**
	 * What a step inside the map found out.
	 */
	private static final class Answer {

		private Attempt attempt = new Busy(null, null, false);

		private boolean released;

	}

}
