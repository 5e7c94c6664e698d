package dev.weir.policy.expression;

import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import dev.weir.core.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * The functions that key expressions can call. The result is lower-case hexadecimal, like
 * the result of Python's {@code hashlib.….hexdigest()}.
 */
public final class Digests {

	private static final String HMAC = "HmacSHA256";

	private Digests() {
	}

	/**
	 * Returns the MD5 of a text (RFC 1321). MD5 is short and fast, but does not protect
	 * against an attacker who creates two texts with the same key.
	 * @param value an object with a text of its own
	 * @return 32 hexadecimal digits
	 */
	public static String md5(@Nullable Object value) {
		return digest("MD5", "md5", value);
	}

	/**
	 * Returns the SHA-256 of a text (FIPS 180-4).
	 * @param value an object with a text of its own
	 * @return 64 hexadecimal digits
	 */
	public static String sha256(@Nullable Object value) {
		return digest("SHA-256", "sha256", value);
	}

	/**
	 * Returns the HMAC-SHA-256 of a text (RFC 2104).
	 * @param key the key
	 * @param text the text
	 * @return 64 hexadecimal digits
	 */
	public static String hmacSha256(String key, String text) {
		try {
			Mac mac = Mac.getInstance(HMAC);
			mac.init(new SecretKeySpec(Utf8.bytes(key), HMAC));
			return HexFormat.of().formatHex(mac.doFinal(Utf8.bytes(text)));
		}
		catch (NoSuchAlgorithmException | InvalidKeyException ex) {
			throw new IllegalStateException("This JVM lacks " + HMAC, ex);
		}
	}

	private static String digest(String algorithm, String function, @Nullable Object value) {
		if (value == null) {
			throw new IllegalArgumentException("#" + function + "(null): the argument must not be null");
		}
		try {
			byte[] text = Utf8.bytes(KeyText.of(value));
			return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(text));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("This JVM lacks " + algorithm, ex);
		}
	}

}
