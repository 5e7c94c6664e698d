package dev.weir.policy;

/**
 * Builds the keys of buckets. Thread-safe.
 *
 * @param prefix the prefix of every key
 * @param users the form in which keys contain users and values of requests
 * @param callers identifies the callers
 */
record BucketKeys(String prefix, UserHash users, Callers callers) {

	/**
	 * The separators before the user and before the key. No name, user or key contains a
	 * {@code %} before {@code @} or {@code :}, so no bucket can look like the bucket of
	 * another policy.
	 */
	private static final String USER = "%@";

	private static final String KEY = "%:";

	/** Ends the key of the bucket of calls that have a limit of 0. */
	static final String NO_TOKENS = "%none";

	/**
	 * Returns whether a key belongs to a policy.
	 * @param base the prefix and the name of the policy
	 * @param key the key
	 * @return whether the key belongs to the policy, with or without a user and a value
	 */
	static boolean isKeyOf(String base, String key) {
		return key.equals(base) || key.startsWith(base + USER) || key.startsWith(base + KEY);
	}

	/**
	 * Returns whether a text can be the name of a rate limit. The name is part of keys
	 * and of HTTP headers.
	 * @param name the text
	 * @return whether the text can be a name
	 */
	static boolean isName(String name) {
		return !name.isEmpty()
				&& name.chars().allMatch((character) -> character > ' ' && character < 0x7f && character != '%');
	}

	/**
	 * Returns the key of a policy without user and value.
	 * @param name the name of the policy
	 * @return the key
	 * @throws IllegalArgumentException if the name is not a valid name of a rate limit
	 */
	BucketKey base(String name) {
		String base = this.prefix + name;
		if (!isName(name) || !AttributeReader.isKeyText(base)) {
			throw new IllegalArgumentException("'" + name + "' cannot be the name of a rate limit. Use printable ASCII "
					+ "without blanks and %, and braces only as one complete hash tag such as {eu}");
		}
		return new BucketKey(base, false);
	}

	/**
	 * Returns a key for a user.
	 * @param base the key without user and value
	 * @param user the user
	 * @return the key
	 */
	BucketKey withUser(BucketKey base, String user) {
		return base.plus(USER + this.users.of(user));
	}

	/**
	 * Returns a key for a client without a user.
	 * @param base the key without user and value
	 * @param client the client
	 * @return the key
	 */
	BucketKey withClient(BucketKey base, String client) {
		return base.plusAnonymous(USER + this.users.of(client));
	}

	/**
	 * Returns a key for the current user.
	 * @param base the key without user and value
	 * @param policy the name of the policy, for messages
	 * @return the key
	 * @throws IllegalStateException if this thread works for no user
	 */
	BucketKey withCurrentUser(BucketKey base, String policy) {
		String user = this.callers.user();
		if (user == null) {
			throw new IllegalStateException("The rate limit '" + policy + "' is per user, but this thread works for no "
					+ "user. Let the UserKeyResolver bean return a user, or use RateLimitSpec.user(…)");
		}
		return user.equals(this.callers.client()) ? withClient(base, user) : withUser(base, user);
	}

	/**
	 * Returns a key for a value from code or from an expression.
	 * @param base the key without value
	 * @param value the value, which is already safe
	 * @return the key
	 */
	static BucketKey withSafeValue(BucketKey base, String value) {
		return base.plusAnonymous(KEY + value);
	}

	/**
	 * Returns a key for a value of a request. The value is hashed in the same way as a
	 * user.
	 * @param base the key without value
	 * @param value the value
	 * @return the key
	 */
	BucketKey withRequestValue(BucketKey base, String value) {
		return base.plusAnonymous(KEY + this.users.of(value));
	}

}
