package dev.weir.outgoing;

import java.net.URI;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/**
 * A request to another service, as the functions and expressions of an
 * {@link OutgoingLimit} see it.
 *
 * @param method the method
 * @param uri the address
 * @param headers the headers
 * @param attributes the attributes that the caller has set at the client, to pass an
 * estimate, for instance
 * @param body the body, empty for a {@code WebClient}, which writes it later; must not be
 * changed
 */
public record OutgoingRequest(HttpMethod method, URI uri, HttpHeaders headers, Map<String, Object> attributes,
		byte[] body) {

	/**
	 * Returns the host that the request goes to.
	 * @return the host, {@code null} if the address has none
	 */
	public @Nullable String host() {
		return this.uri.getHost();
	}

	/**
	 * Returns the path of the address.
	 * @return the path
	 */
	public String path() {
		return this.uri.getPath();
	}

	/**
	 * Returns a header.
	 * @param name the name of the header
	 * @return its first value, {@code null} if the request has no such header
	 */
	public @Nullable String header(String name) {
		return this.headers.getFirst(name);
	}

	/**
	 * Returns an attribute.
	 * @param name the name of the attribute
	 * @return its value, {@code null} if the request has no such attribute
	 */
	public @Nullable Object attribute(String name) {
		return this.attributes.get(name);
	}

	@Override
	public String toString() {
		// Neither the query nor the headers, which may contain secrets.
		return this.method + " " + host() + path();
	}

}
