package dev.weir.sample.load;

import java.time.Duration;
import java.util.Map;

import tools.jackson.databind.json.JsonMapper;

/**
 * The answer to one request.
 *
 * @param kind the kind of the request
 * @param user the user, {@code anonymous} for a request without a user
 * @param texts the texts whose embeddings the request needs, and whether the answer
 * reports that the model computed them for this request
 * @param status the status of the answer, 0 if the connection was cut
 * @param time the duration of the request
 * @param batch the work under the permit for batches, {@code null} if there was none
 * @param upload the work under the permit for uploads, {@code null} if there was none
 */
public record Answer(Kind kind, String user, Map<String, Boolean> texts, int status, Duration time, Work batch,
		Work upload) {

	/** The status of a request whose connection was cut before the end of the answer. */
	static final int CUT = 0;

	boolean isAllowed() {
		return this.status / 100 == 2;
	}

	/**
	 * A kind of request.
	 */
	enum Kind {

		EMBEDDING("/api/embeddings"), BATCH("/api/embeddings/batch"), SEARCH("/api/search"), UPLOAD("/api/documents"),
		CHAT("/api/chat");

		private final String path;

		Kind(String path) {
			this.path = path;
		}

		String path() {
			return this.path;
		}

	}

	static String json(Object body) {
		return JsonMapper.shared().writeValueAsString(body);
	}

}
