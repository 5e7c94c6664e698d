package dev.weir.local;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
 * Keeps leases that hold within this JVM. Thread-safe; always available. There is no
 * queue of instances: this is the only instance, and its callers queue before they call
 * the store.
 */
public final class LocalLeaseStore implements LeaseStore, LeaseDirectory {

	/** Begins the text of an owner that has ended, and whose lock is kept. */
	private static final String KEPT = "kept-";

	private final ConcurrentMap<LeaseKey, List<Taken>> places = new ConcurrentHashMap<>();

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
		Taken own = new Taken(claim.owner(), deadline(claim.ttl()));
		// In most cases the key has no holder, and there is nothing to compute.
		if (this.places.putIfAbsent(claim.key(), List.of(own)) == null) {
			return CompletableFuture.completedStage(new Acquired(claim.fenced() ? mint() : 0));
		}
		Answer answer = new Answer();
		this.places.compute(claim.key(), (key, known) -> {
			List<Taken> taken = others(known, claim.owner(), answer);
			if (answer.found || taken.size() < claim.limit()) {
				taken.add(own);
				answer.attempt = new Acquired(claim.fenced() ? mint() : 0);
			}
			else {
				answer.attempt = busy(taken);
			}
			return taken;
		});
		return CompletableFuture.completedStage(answer.attempt);
	}

	@Override
	public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
		Answer answer = new Answer();
		this.places.computeIfPresent(key, (same, known) -> {
			List<Taken> taken = others(known, owner, answer);
			if (answer.found) {
				taken.add(new Taken(owner, deadline(ttl)));
			}
			return taken.isEmpty() ? null : taken;
		});
		return CompletableFuture.completedStage(answer.found);
	}

	@Override
	public CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit) {
		Answer answer = new Answer();
		this.places.computeIfPresent(key, (same, known) -> {
			List<Taken> taken = others(known, owner, answer);
			return taken.isEmpty() ? null : taken;
		});
		return CompletableFuture.completedStage(answer.found ? Release.RELEASED : Release.NOT_HELD);
	}

	@Override
	public CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time) {
		String keeper = KEPT + owner;
		Answer answer = new Answer();
		this.places.computeIfPresent(key, (same, known) -> {
			List<Taken> taken = others(others(known, owner, answer), keeper, answer);
			if (answer.found) {
				taken.add(new Taken(keeper, deadline(time)));
			}
			return taken.isEmpty() ? null : taken;
		});
		return CompletableFuture.completedStage(answer.found);
	}

	@Override
	public CompletionStage<Void> leave(LeaseKey key, boolean passOn) {
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
			throw new IllegalArgumentException("'" + cursor + "' is no cursor. The list has only one page");
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
		return this.places.getOrDefault(key, List.of())
			.stream()
			.filter((place) -> place.isTaken(now))
			.map((place) -> new Place(key, place.owner(), Duration.ofNanos(Math.max(0, place.deadline() - now)), 0))
			.toList();
	}

	/**
	 * Returns how many keys have an owner, or had one whose expired place is not removed
	 * yet.
	 * @return the number of keys
	 */
	public int size() {
		return this.places.size();
	}

	/**
	 * Copies the places that have another owner and whose deadline has not passed. The
	 * list is copied because readers outside of the map's lock may still hold the old
	 * one.
	 * @param places the places
	 * @param owner the owner
	 * @param answer receives whether the owner has a place
	 * @return the places of other owners, in a list that can be changed
	 */
	private List<Taken> others(@Nullable List<Taken> places, String owner, Answer answer) {
		if (places == null) {
			return new ArrayList<>(1);
		}
		long now = this.clock.getAsLong();
		List<Taken> others = new ArrayList<>(places.size() + 1);
		for (Taken place : places) {
			if (place.isTaken(now)) {
				boolean own = place.owner().equals(owner);
				answer.found |= own;
				if (!own) {
					others.add(place);
				}
			}
		}
		return others;
	}

	private Busy busy(List<Taken> taken) {
		long now = this.clock.getAsLong();
		Taken first = taken.stream().min((one, other) -> Long.signum(one.deadline() - other.deadline())).orElseThrow();
		return new Busy(Holder.parse(first.owner()), Duration.ofNanos(first.deadline() - now), false);
	}

	private long deadline(Duration ttl) {
		return this.clock.getAsLong() + ttl.toNanos();
	}

	private long mint() {
		long now = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());
		return this.lastToken.updateAndGet((last) -> Math.max(last + 1 + Acquired.RESERVED_TOKENS, now));
	}

	/**
	 * The result of a step inside the map.
	 */
	private static final class Answer {

		private Attempt attempt = new Busy(null, null, false);

		/** Whether the owner had a place. */
		private boolean found;

	}

	/**
	 * A place that an owner has.
	 *
	 * @param owner the owner
	 * @param deadline when the place expires, by the clock of the store
	 */
	private record Taken(String owner, long deadline) {

		private boolean isTaken(long now) {
			return this.deadline - now > 0;
		}

	}

}
