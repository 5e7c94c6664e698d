package dev.weir.actuate;

import java.security.MessageDigest;

import dev.weir.core.Utf8;
import dev.weir.policy.expression.Digests;
import org.jspecify.annotations.Nullable;

/**
 * Proves that an instance of this application sent a message. The field {@code mac} at
 * the end of the text contains the HMAC-SHA-256 (RFC 2104) of the name of the channel and
 * the message, in hexadecimal form. Its key is a secret of the application. Thread-safe.
 */
public final class MessageSignature {

	private static final String FIELD = "&mac=";

	private final @Nullable String secret;

	private final String channel;

	/**
	 * Creates a signature.
	 * @param secret the secret that all instances of the application share, {@code null}
	 * if messages are not signed
	 * @param channel the name of the channel, so that a message of one channel is not
	 * valid on another one
	 */
	public MessageSignature(@Nullable String secret, String channel) {
		this.secret = secret;
		this.channel = channel;
	}

	/**
	 * Returns whether the senders of messages are known.
	 * @return whether messages are signed
	 */
	public boolean isRequired() {
		return this.secret != null;
	}

	/**
	 * Signs a message, if there is a secret.
	 * @param text the message
	 * @return the text to send
	 */
	public String sign(String text) {
		return (this.secret != null) ? text + FIELD + mac(this.secret, text) : text;
	}

	/**
	 * Verifies and removes the signature of a message, if there is a secret.
	 * @param text the received text
	 * @return the message
	 * @throws IllegalArgumentException if the signature is missing or wrong, or if the
	 * message is signed and this instance has no secret
	 */
	public String verify(String text) {
		int field = text.lastIndexOf(FIELD);
		if (this.secret == null) {
			if (field >= 0) {
				throw new IllegalArgumentException(
						"The message is signed, and this instance has no secret to verify the signature");
			}
			return text;
		}
		String message = (field >= 0) ? text.substring(0, field) : text;
		if (field < 0 || !MessageDigest.isEqual(Utf8.bytes(mac(this.secret, message)),
				Utf8.bytes(text.substring(field + FIELD.length())))) {
			throw new IllegalArgumentException("The signature of the message is missing or wrong");
		}
		return message;
	}

	private String mac(String key, String text) {
		return Digests.hmacSha256(key, this.channel + "\n" + text);
	}

}
