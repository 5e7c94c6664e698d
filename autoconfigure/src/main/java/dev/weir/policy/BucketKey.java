package dev.weir.policy;

/**
 * The key of a bucket.
 *
 * @param text the key
 * @param anonymous whether a client can get any number of such buckets without
 * authentication: the key contains its address or another value of the call
 */
record BucketKey(String text, boolean anonymous) {

	/**
	 * Appends a part that identifies an authenticated user.
	 * @param part the part
	 * @return the longer key
	 */
	BucketKey plus(String part) {
		return new BucketKey(this.text + part, this.anonymous);
	}

	/**
	 * Appends a part that a client can choose.
	 * @param part the part
	 * @return the longer key
	 */
	BucketKey plusAnonymous(String part) {
		return new BucketKey(this.text + part, true);
	}

}
