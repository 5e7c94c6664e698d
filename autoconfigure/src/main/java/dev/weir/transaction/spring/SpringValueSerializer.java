package dev.weir.transaction.spring;

import dev.weir.transaction.ValueSerializer;

import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * Writes and reads values as a {@code RedisTemplate} does, for keys that both use. For
 * instance, {@code new SpringValueSerializer(RedisSerializer.string())} does this as the
 * {@code StringRedisTemplate}.
 */
public final class SpringValueSerializer implements ValueSerializer {

	private final RedisSerializer<Object> serializer;

	/**
	 * Creates a serializer.
	 * @param serializer the value serializer of the template
	 */
	@SuppressWarnings("unchecked")
	public SpringValueSerializer(RedisSerializer<?> serializer) {
		this.serializer = (RedisSerializer<Object>) serializer;
	}

	@Override
	public byte[] serialize(Object value) {
		if (!this.serializer.canSerialize(value.getClass())) {
			throw new IllegalArgumentException(
					this.serializer.getClass().getName() + " cannot serialize a " + value.getClass().getName());
		}
		byte[] bytes = this.serializer.serialize(value);
		if (bytes == null) {
			throw new IllegalArgumentException(
					this.serializer.getClass().getName() + " returned null for a " + value.getClass().getName());
		}
		return bytes;
	}

	@Override
	public <T> T deserialize(byte[] bytes, Class<T> type) {
		Object value = this.serializer.deserialize(bytes, type);
		if (value == null) {
			throw new IllegalArgumentException(
					this.serializer.getClass().getName() + " returned null in place of a " + type.getName());
		}
		return type.cast(value);
	}

}
