package dev.weir.transaction;

/**
 * How values stand in Redis. Thread-safe. Arrays of bytes never reach it: they are
 * written as they are.
 */
public interface ValueSerializer {

	/**
	 * Writes a value.
	 * @param value the value
	 * @return its bytes
	 * @throws RuntimeException if it cannot be written
	 */
	byte[] serialize(Object value);

	/**
	 * Reads a value.
	 * @param <T> its type
	 * @param bytes its bytes
	 * @param type its type
	 * @return the value
	 * @throws RuntimeException if it cannot be read
	 */
	<T> T deserialize(byte[] bytes, Class<T> type);

}
