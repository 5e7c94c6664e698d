package dev.weir.actuate;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import org.jspecify.annotations.Nullable;

/**
 * Proves that an instance of this application sent a message: HMAC-SHA-256 (RFC 2104) of
 * the name of the channel and the message, with a secret of the application. The field
 * {@code mac} at the end of the text contains the signature in hexadecimal form.
 * Thread-safe.
 */
public final class MessageSignature {

	private static final String ALGORITHM = "HmacSHA256";

	private static final String FIELD = "&mac=";

	private final @Nullable SecretKeySpec key;

	private final String channel;

	/**
	 * Creates a signature.
	 * @param secret the secret that all instances of the application share, {@code null}
	 * if messages are not signed
	 * @param channel the name of the channel, so that a message of one channel is not
	 * valid on another one
	 */
	public MessageSignature(@Nullable String secret, String channel) {
		this.key = (secret != null) ? new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM) : null;
		this.channel = channel;
	}

	/**
	 * Returns whether the senders of messages are known.
	 * @return whether messages are signed
	 */
	public boolean isRequired() {
		return this.key != null;
	}

	/**
	 * Signs a message, if there is a secret.
	 * @param text the message
	 * @return the text to send
	 */
	public String sign(String text) {
		return (this.key != null) ? text + FIELD + HexFormat.of().formatHex(mac(this.key, text)) : text;
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
		if (this.key == null) {
			if (field >= 0) {
				throw new IllegalArgumentException(
						"The message is signed, and this instance has no secret to verify the signature");
			}
			return text;
		}
		String message = (field >= 0) ? text.substring(0, field) : text;
		if (field < 0
				|| !MessageDigest.isEqual(mac(this.key, message), signature(text.substring(field + FIELD.length())))) {
			throw new IllegalArgumentException("The signature of the message is missing or wrong");
		}
		return message;
	}

	private static byte[] signature(String hexadecimal) {
		try {
			return HexFormat.of().parseHex(hexadecimal);
		}
		catch (IllegalArgumentException ex) {
			return new byte[0];
		}
	}

	private byte[] mac(SecretKeySpec secret, String text) {
		try {
			Mac mac = Mac.getInstance(ALGORITHM);
			mac.init(secret);
			return mac.doFinal((this.channel + "\n" + text).getBytes(StandardCharsets.UTF_8));
		}
		catch (NoSuchAlgorithmException | InvalidKeyException ex) {
			throw new IllegalStateException("This JVM lacks " + ALGORITHM, ex);
		}
	}

}
