package dev.weir.sample.load;

import java.time.Duration;
import java.util.Map;

import tools.jackson.databind.json.JsonMapper;

/**
 * What became of one request.
 *
 * @param kind what kind of request it was
 * @param user who made it, {@code anonymous} for nobody
 * @param texts the texts whose embeddings it needs, and whether it was told that the
 * model had computed them for it
 * @param status the status of the answer
 * @param time how long it took
 * @param work what was done for it under a permit, {@code null} if that is not known
 */
record Answer(Kind kind, String user, Map<String, Boolean> texts, int status, Duration time, Work work) {

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
