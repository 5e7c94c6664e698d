package dev.weir.sample.service.embedding;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.serializer.RedisSerializer;

/**
 * Serializes vectors as IEEE 754 single-precision numbers, little-endian, one after the
 * other. This is the format of the numpy type {@code float32}, and a quarter of the size
 * of JSON.
 */
public class VectorSerializer implements RedisSerializer<float[]> {

	@Override
	public byte[] serialize(float @Nullable [] vector) {
		if (vector == null) {
			return new byte[0];
		}
		ByteBuffer buffer = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
		buffer.asFloatBuffer().put(vector);
		return buffer.array();
	}

	@Override
	public float @Nullable [] deserialize(byte @Nullable [] bytes) {
		// A value that is no sequence of numbers counts as missing.
		if (bytes == null || bytes.length == 0 || bytes.length % Float.BYTES != 0) {
			return null;
		}
		float[] vector = new float[bytes.length / Float.BYTES];
		ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(vector);
		return vector;
	}

}
