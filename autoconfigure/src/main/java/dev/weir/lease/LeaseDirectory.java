package dev.weir.lease;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Looks into a store, for people who operate it. Never changes anything. Thread-safe;
 * stages fail as those of the {@link LeaseStore} do.
 */
public interface LeaseDirectory {

	/**
	 * Lists leases that are held now, in no particular order. What changes meanwhile may
	 * be missing or stand there twice.
	 * @param prefix what their keys begin with
	 * @param cursor where to go on, {@code null} to begin
	 * @param count about how many to list; a page may have more, or fewer although others
	 * follow
	 * @return completes with the page
	 * @throws IllegalArgumentException if the cursor is none
	 */
	CompletionStage<Page> list(String prefix, @Nullable String cursor, int count);

	/**
	 * Looks at one key.
	 * @param key the key
	 * @return completes with the places that are taken under it
	 */
	CompletionStage<List<Place>> look(LeaseKey key);

	/**
	 * A part of the list.
	 *
	 * @param places the places
	 * @param next where the next page begins, {@code null} if this was the last
	 */
	record Page(List<Place> places, @Nullable String next) {

	}

	/**
	 * A place that is taken.
	 *
	 * @param key the key
	 * @param owner the text that stands in the store for the owner
	 * @param remaining how long until it expires unless renewed, {@code null} for never
	 * @param waitingInstances how many instances wait for a place under this key
	 */
	record Place(LeaseKey key, String owner, @Nullable Duration remaining, int waitingInstances) {

		/**
		 * Returns who has the place.
		 * @return the holder, {@code null} if somebody else than Weir took it
		 */
		public @Nullable Holder holder() {
			return Holder.parse(this.owner);
		}

	}

}
