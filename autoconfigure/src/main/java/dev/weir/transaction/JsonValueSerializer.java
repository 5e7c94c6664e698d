package dev.weir.transaction;

import tools.jackson.databind.json.JsonMapper;

/**
 * Values as JSON. A text stands in quotes; a number as {@code INCRBY} counts it.
 */
public final class JsonValueSerializer implements ValueSerializer {

	private final JsonMapper mapper;

	/**
	 * Creates a serializer.
	 * @param mapper writes and reads JSON
	 */
	public JsonValueSerializer(JsonMapper mapper) {
		this.mapper = mapper;
	}

	@Override
	public byte[] serialize(Object value) {
		return this.mapper.writeValueAsBytes(value);
	}

	@Override
	public <T> T deserialize(byte[] bytes, Class<T> type) {
		return this.mapper.readValue(bytes, type);
	}

}
