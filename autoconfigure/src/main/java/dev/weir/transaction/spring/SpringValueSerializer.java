package dev.weir.transaction.spring;

import dev.weir.transaction.ValueSerializer;

import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * Values as a {@code RedisTemplate} writes and reads them, for keys that both use:
 * {@code new SpringValueSerializer(RedisSerializer.string())} as the
 * {@code StringRedisTemplate}, for instance.
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
					this.serializer.getClass().getName() + " cannot write a " + value.getClass().getName());
		}
		byte[] bytes = this.serializer.serialize(value);
		if (bytes == null) {
			throw new IllegalArgumentException(
					this.serializer.getClass().getName() + " writes nothing for a " + value.getClass().getName());
		}
		return bytes;
	}

	@Override
	public <T> T deserialize(byte[] bytes, Class<T> type) {
		Object value = this.serializer.deserialize(bytes, type);
		if (value == null) {
			throw new IllegalArgumentException(
					this.serializer.getClass().getName() + " reads nothing where a " + type.getName() + " is expected");
		}
		return type.cast(value);
	}

}
