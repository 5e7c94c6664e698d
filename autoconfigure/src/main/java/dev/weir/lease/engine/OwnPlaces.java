package dev.weir.lease.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import dev.weir.lease.Holder;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;

/**
 * The places that this JVM has in the store under one key, until the store has answered
 * their release. Guarded by the mutex of its {@link Gate}.
 */
final class OwnPlaces {

	private final List<StorePlace> places = new ArrayList<>(1);

	boolean isEmpty() {
		return this.places.isEmpty();
	}

	int size() {
		return this.places.size();
	}

	void add(StorePlace place) {
		this.places.add(place);
	}

	void remove(StorePlace place) {
		this.places.remove(place);
	}

	void forEach(Consumer<StorePlace> action) {
		this.places.forEach(action);
	}

	/**
	 * Finds the waiter that can take over a place.
	 * @param place the place
	 * @param waiters the waiters
	 * @param now the time
	 * @return the waiter, {@code null} if the place must go back to the store
	 */
	@Nullable Waiter nextFor(StorePlace place, WaiterQueue waiters, long now) {
		return waiters.first((request) -> place.canServe(request, now) && this.places.size() <= request.limit());
	}

	/**
	 * Describes the holder of the first place to a caller that finds all of them taken.
	 * @return the holder, {@code null} if this JVM has no place
	 */
	LeaseStore.@Nullable Busy busy() {
		if (this.places.isEmpty()) {
			return null;
		}
		StorePlace first = this.places.get(0);
		HeldLease lease = first.lease();
		return new LeaseStore.Busy(Holder.parse(first.owner()), (lease != null) ? lease.remaining() : null, false);
	}

}
