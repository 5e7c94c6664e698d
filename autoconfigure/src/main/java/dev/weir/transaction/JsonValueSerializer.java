package dev.weir.transaction;

import tools.jackson.databind.json.JsonMapper;

/**
 * Serializes values as JSON. Text is in quotes. Numbers have the form that {@code INCRBY}
 * counts.
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
