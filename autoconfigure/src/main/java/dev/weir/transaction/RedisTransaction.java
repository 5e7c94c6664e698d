package dev.weir.transaction;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import dev.weir.lease.Lease;
import org.jspecify.annotations.Nullable;

/**
 * A transaction that a callback builds. Reads are done at once. All other commands are
 * collected and done in their order when the callback has ended. Messages are published
 * after the writes.
 * <p>
 * Keys are used as they are, without {@code weir.key-prefix}. The {@link ValueSerializer}
 * writes values, also those of hash fields, members of sets and elements of lists. Names
 * of hash fields are text. In a cluster all keys must be in one slot: give them the same
 * hash tag. Thread-safe. A transaction cannot be used after its callback has ended.
 * <p>
 * All methods throw {@link IllegalArgumentException} for a blank key, for a value that is
 * larger than {@code weir.transaction.max-value-size}, and for a time to live below 1 ms.
 */
public interface RedisTransaction {

	/**
	 * Reads a value. The key must still have this value when the transaction is applied.
	 * If the transaction itself has set the value, returns it as it was set.
	 * @param <T> the type of the value
	 * @param key the key of a string
	 * @param type the type of the value
	 * @return the value, {@code null} if the key does not exist
	 * @throws TransactionUnavailableException if Redis did not answer
	 * @throws AlreadyAppliedException if the transaction has an id and was applied before
	 * @throws TransactionRejectedException if the key holds no string
	 * @throws IllegalStateException if the transaction changes the key in another way
	 * than by {@code set} and {@code delete}: read first, then write
	 */
	<T> @Nullable T get(String key, Class<T> type);

	/**
	 * Reads a value as {@link #get} does, without blocking.
	 * @param <T> the type of the value
	 * @param key the key of a string
	 * @param type the type of the value
	 * @return completes with the value, {@code null} if the key does not exist
	 */
	<T> CompletableFuture<@Nullable T> getAsync(String key, Class<T> type);

	/**
	 * Reads several values at the same moment, in one round trip. A later {@link #get} of
	 * these keys costs nothing.
	 * @param keys the keys of strings
	 * @throws TransactionUnavailableException if Redis did not answer
	 * @throws TransactionRejectedException if one of the keys holds no string
	 */
	void prefetch(String... keys);

	/**
	 * Reads several values as {@link #prefetch} does, without blocking.
	 * @param keys the keys of strings
	 * @return completes when the values are read
	 */
	CompletableFuture<Void> prefetchAsync(String... keys);

	/**
	 * Requires that a key has a certain value before the transaction is applied. If the
	 * key has another value, the transaction fails with {@link OptimisticLockException}
	 * and is not tried again.
	 * @param key the key of a string
	 * @param expected the value, {@code null} if the key must not exist
	 */
	void require(String key, @Nullable Object expected);

	/**
	 * Requires that a lease is still held when the transaction is applied. If it is not
	 * held, the transaction fails with {@link dev.weir.lease.LeaseLostException}. In a
	 * cluster the key of the lease must be in the slot of the other keys.
	 * @param lease the lease
	 * @throws IllegalStateException if the lease guards nothing, because its policy lets
	 * calls proceed without one
	 */
	void fencedBy(Lease lease);

	/**
	 * Sets a value without a time to live. As {@code SET} does, replaces a value of any
	 * type.
	 * @param key the key
	 * @param value the value
	 */
	void set(String key, Object value);

	/**
	 * Sets a value with a time to live.
	 * @param key the key
	 * @param value the value
	 * @param ttl the time to live, at least 1 ms
	 */
	void set(String key, Object value, Duration ttl);

	/**
	 * Sets a value without a time to live, unless the key exists. If the key exists, the
	 * rest of the transaction is still applied; use {@link #require} to give up the whole
	 * transaction instead. If earlier commands of the transaction may have emptied the
	 * key, the transaction is rejected; {@link #delete} the key instead of emptying it.
	 * @param key the key
	 * @param value the value
	 * @return whether the value was set
	 */
	Pending<Boolean> setIfAbsent(String key, Object value);

	/**
	 * Sets a value with a time to live, unless the key exists.
	 * @param key the key
	 * @param value the value
	 * @param ttl the time to live, at least 1 ms
	 * @return whether the value was set
	 */
	Pending<Boolean> setIfAbsent(String key, Object value, Duration ttl);

	/**
	 * Deletes a key of any type.
	 * @param key the key
	 * @return whether the key existed
	 */
	Pending<Boolean> delete(String key);

	/**
	 * Gives a key of any type a time to live.
	 * @param key the key
	 * @param ttl the time to live, at least 1 ms
	 * @return whether the key exists
	 */
	Pending<Boolean> expire(String key, Duration ttl);

	/**
	 * Adds to an integer. A key that does not exist counts as 0.
	 * @param key the key
	 * @param delta the number to add, negative to subtract; neither this number nor the
	 * result may be beyond 2<sup>53</sup> - 1
	 * @return the result
	 */
	Pending<Long> increment(String key, long delta);

	/**
	 * Sets a field of a hash.
	 * @param key the key
	 * @param field the name of the field
	 * @param value the value
	 */
	void hashPut(String key, String field, Object value);

	/**
	 * Sets fields of a hash.
	 * @param key the key
	 * @param entries the fields; if empty, nothing is set
	 */
	void hashPutAll(String key, Map<String, ?> entries);

	/**
	 * Deletes fields of a hash.
	 * @param key the key
	 * @param fields the names of the fields
	 */
	void hashDelete(String key, String... fields);

	/**
	 * Adds to an integer in a hash, as {@link #increment} does.
	 * @param key the key
	 * @param field the name of the field
	 * @param delta the number to add
	 * @return the result
	 */
	Pending<Long> hashIncrement(String key, String field, long delta);

	/**
	 * Adds members to a set.
	 * @param key the key
	 * @param members the members
	 */
	void setAdd(String key, Object... members);

	/**
	 * Removes members from a set.
	 * @param key the key
	 * @param members the members
	 */
	void setRemove(String key, Object... members);

	/**
	 * Adds a member to a sorted set, or changes its score.
	 * @param key the key
	 * @param member the member
	 * @param score the score, not NaN
	 */
	void sortedSetAdd(String key, Object member, double score);

	/**
	 * Removes members from a sorted set.
	 * @param key the key
	 * @param members the members
	 */
	void sortedSetRemove(String key, Object... members);

	/**
	 * Removes all members with scores in a range from a sorted set.
	 * @param key the key
	 * @param lowest the lowest score
	 * @param highest the highest score
	 */
	void sortedSetRemoveByScore(String key, double lowest, double highest);

	/**
	 * Adds elements at the beginning of a list. The last element becomes the first one of
	 * the list.
	 * @param key the key
	 * @param elements the elements
	 */
	void listPushLeft(String key, Object... elements);

	/**
	 * Adds elements at the end of a list.
	 * @param key the key
	 * @param elements the elements
	 */
	void listPushRight(String key, Object... elements);

	/**
	 * Keeps only a part of a list.
	 * @param key the key
	 * @param first the index of the first element that is kept, 0 for the first element
	 * of the list, -1 for the last
	 * @param last the index of the last element that is kept, counted in the same way
	 */
	void listTrim(String key, long first, long last);

	/**
	 * Adds an entry to a stream.
	 * @param key the key
	 * @param fields the fields of the entry, at least one
	 * @param maxLength the number of entries that the stream keeps, at least 1
	 * @return the id of the entry
	 */
	Pending<String> streamAdd(String key, Map<String, ?> fields, long maxLength);

	/**
	 * Publishes a message after all writes.
	 * @param channel the channel
	 * @param message the message
	 */
	void publish(String channel, Object message);

	/**
	 * Deletes keys of any type.
	 * @param keys the keys
	 */
	default void deleteAll(Collection<String> keys) {
		keys.forEach(this::delete);
	}

}
