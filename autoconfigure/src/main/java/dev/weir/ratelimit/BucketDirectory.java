package dev.weir.ratelimit;

import java.util.List;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Looks into a store of buckets, for people who operate it. Never changes anything.
 * Thread-safe; stages fail as those of the {@link BucketStore} do.
 */
public interface BucketDirectory {

	/**
	 * Lists buckets, in no particular order. A bucket that is full has expired and is not
	 * there.
	 * @param prefix what their keys begin with
	 * @param cursor where to go on, {@code null} to begin
	 * @param count about how many to list; a page may have more, or fewer although others
	 * follow
	 * @return completes with the page
	 * @throws IllegalArgumentException if the cursor is none
	 */
	CompletionStage<Page> list(String prefix, @Nullable String cursor, int count);

	/**
	 * A part of the list.
	 *
	 * @param buckets the buckets
	 * @param next where the next page begins, {@code null} if this was the last
	 */
	record Page(List<BucketLevel> buckets, @Nullable String next) {

	}

}
