package dev.weir.policy;

import java.util.function.UnaryOperator;

import dev.weir.policy.expression.Digests;
import dev.weir.policy.expression.KeyExpression;

/**
 * The form in which keys of buckets contain users and values of requests. Thread-safe.
 */
public final class UserHash {

	/** With 128 bits an attacker cannot find a user with the hash of another user. */
	private static final int DIGITS = 32;

	private final UnaryOperator<String> form;

	private UserHash(UnaryOperator<String> form) {
		this.form = form;
	}

	/**
	 * Keys contain the user as it is, except for escaped characters.
	 * @return the form
	 */
	public static UserHash none() {
		return new UserHash(KeyExpression::safe);
	}

	/**
	 * Keys contain the first 128 bits of the SHA-256 of the user (FIPS 180-4). A reader
	 * of Redis can guess users: one core computes millions of hashes per second.
	 * @return the form
	 */
	public static UserHash sha256() {
		return new UserHash((user) -> Digests.sha256(user).substring(0, DIGITS));
	}

	/**
	 * Keys contain the first 128 bits of the HMAC-SHA-256 of the user (RFC 2104). A
	 * reader of Redis without the key cannot guess users.
	 * @param key the key
	 * @return the form
	 */
	public static UserHash hmac(String key) {
		return new UserHash((user) -> Digests.hmacSha256(key, user).substring(0, DIGITS));
	}

	String of(String user) {
		return this.form.apply(user);
	}

}
