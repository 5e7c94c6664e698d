package dev.weir.outgoing;

import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;

/**
 * The response of another service after its end, as the functions and expressions of an
 * {@link OutgoingLimit} see it.
 *
 * @param status the status
 * @param headers the headers
 * @param body what the caller has read of the body; must not be changed
 */
public record OutgoingResponse(HttpStatusCode status, HttpHeaders headers, byte[] body) {

	/**
	 * Returns the body as a text.
	 * @return the body, decoded as UTF-8
	 */
	public String text() {
		return new String(this.body, StandardCharsets.UTF_8);
	}

	/**
	 * Returns a header.
	 * @param name the name of the header
	 * @return its first value, {@code null} if the response has no such header
	 */
	public @Nullable String header(String name) {
		return this.headers.getFirst(name);
	}

	@Override
	public String toString() {
		return this.status + ", " + this.body.length + " bytes";
	}

}
