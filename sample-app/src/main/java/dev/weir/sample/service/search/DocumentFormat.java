package dev.weir.sample.service.search;

import dev.weir.sample.service.embedding.VectorSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The format of a document in Redis: JSON, with the vector in Base64. A document that
 * cannot be used is logged and ignored, because one document must not keep the others
 * out.
 */
class DocumentFormat {

	private static final Logger logger = LoggerFactory.getLogger(DocumentFormat.class);

	private final JsonMapper json;

	private final VectorSerializer vectors = new VectorSerializer();

	DocumentFormat(JsonMapper json) {
		this.json = json;
	}

	String write(Document document, float[] vector) {
		return this.json.writeValueAsString(new Stored(document, this.vectors.serialize(vector)));
	}

	/**
	 * Reads a document with its vector.
	 * @param field the field of the document, for the log
	 * @param value the value in Redis
	 * @param dimensions how many numbers the vector must have
	 * @return the document, {@code null} if it cannot be used
	 */
	@Nullable Entry read(String field, String value, int dimensions) {
		Stored stored = parse(field, value);
		float[] vector = (stored != null) ? this.vectors.deserialize(stored.vector()) : null;
		if (stored == null || vector == null || vector.length != dimensions) {
			logger.error("The document '{}' is ignored: it has no vector with {} dimensions", field, dimensions);
			return null;
		}
		return new Entry(stored.document(), vector);
	}

	/**
	 * Reads a document without its vector.
	 * @param field the field of the document, for the log
	 * @param value the value in Redis
	 * @return the document, {@code null} if it cannot be read
	 */
	@Nullable Document readDocument(String field, String value) {
		Stored stored = parse(field, value);
		return (stored != null) ? stored.document() : null;
	}

	private @Nullable Stored parse(String field, String value) {
		try {
			return this.json.readValue(value, Stored.class);
		}
		catch (JacksonException ex) {
			logger.error("The document '{}' cannot be read: {}", field, ex.getOriginalMessage());
			return null;
		}
	}

	/**
	 * A document in Redis.
	 *
	 * @param document the document
	 * @param vector the bytes of its vector
	 */
	private record Stored(Document document, byte[] vector) {

	}

	/**
	 * A document in the copy of an instance.
	 *
	 * @param document the document
	 * @param vector its vector
	 */
	record Entry(Document document, float[] vector) {

	}

}
