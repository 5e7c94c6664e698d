package dev.weir.transaction;

/**
 * Converts values to the bytes in Redis and back. Thread-safe. A serializer never
 * receives arrays of bytes: they are written as they are.
 */
public interface ValueSerializer {

	/**
	 * Writes a value.
	 * @param value the value
	 * @return the bytes of the value
	 * @throws RuntimeException if the value cannot be written
	 */
	byte[] serialize(Object value);

	/**
	 * Reads a value.
	 * @param <T> the type of the value
	 * @param bytes the bytes of the value
	 * @param type the type of the value
	 * @return the value
	 * @throws RuntimeException if the value cannot be read
	 */
	<T> T deserialize(byte[] bytes, Class<T> type);

}
