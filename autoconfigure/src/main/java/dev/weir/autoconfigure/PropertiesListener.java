package dev.weir.autoconfigure;

/**
 * Takes over properties that were changed at run time.
 */
@FunctionalInterface
interface PropertiesListener {

	/**
	 * Makes everything of the new properties that can fail.
	 * @param properties the properties as they are now
	 * @return takes them over from the next call on; never fails
	 * @throws RuntimeException if they cannot be taken over
	 */
	Runnable prepare(WeirProperties properties);

}
