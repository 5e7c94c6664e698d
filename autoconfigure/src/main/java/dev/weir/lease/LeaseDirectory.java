package dev.weir.lease;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Lists the leases in a store, for operators of the application. Never changes the store.
 * Thread-safe. The stages fail with the same exceptions as the stages of
 * {@link LeaseStore}.
 */
public interface LeaseDirectory {

	/**
	 * Lists the leases that are currently held, in no particular order. A lease that
	 * changes in the meantime may be missing or may be listed twice.
	 * @param prefix the prefix of the keys
	 * @param cursor the cursor of the page, {@code null} for the first page
	 * @param count the approximate number of leases to list; a page may contain more
	 * leases, or fewer leases although other pages follow
	 * @return completes with the page
	 * @throws IllegalArgumentException if the cursor is not a valid cursor
	 */
	CompletionStage<Page> list(String prefix, @Nullable String cursor, int count);

	/**
	 * Lists the places under one key.
	 * @param key the key
	 * @return completes with the places that are taken under the key
	 */
	CompletionStage<List<Place>> look(LeaseKey key);

	/**
	 * A page of the list.
	 *
	 * @param places the places
	 * @param next the cursor of the next page, {@code null} if this is the last page
	 */
	record Page(List<Place> places, @Nullable String next) {

	}

	/**
	 * A place that is taken.
	 *
	 * @param key the key
	 * @param owner the text of the owner in the store
	 * @param remaining the time until the place expires unless it is renewed,
	 * {@code null} if the place never expires
	 * @param waitingInstances the number of instances that wait for a place under this
	 * key
	 */
	record Place(LeaseKey key, String owner, @Nullable Duration remaining, int waitingInstances) {

		/**
		 * Returns the holder of the place.
		 * @return the holder, {@code null} if a holder other than Weir has the place
		 */
		public @Nullable Holder holder() {
			return Holder.parse(this.owner);
		}

	}

}
