package dev.weir.ratelimit;

import java.util.List;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * Lists the buckets of a store, for operators. Never changes anything. Thread-safe;
 * stages fail for the same reasons as those of the {@link BucketStore}.
 */
public interface BucketDirectory {

	/**
	 * Lists buckets, in no particular order. A full bucket has expired and is not listed.
	 * @param prefix the prefix of their keys
	 * @param cursor the position at which to continue, {@code null} to begin
	 * @param count about how many to list; a page may have more, or fewer although others
	 * follow
	 * @return completes with the page
	 * @throws IllegalArgumentException if the cursor is invalid
	 */
	CompletionStage<Page> list(String prefix, @Nullable String cursor, int count);

	/**
	 * A part of the list.
	 *
	 * @param buckets the buckets
	 * @param next the cursor of the next page, {@code null} if this is the last page
	 */
	record Page(List<BucketLevel> buckets, @Nullable String next) {

	}

}
