package dev.weir.autoconfigure;

/**
 * Takes over properties that were changed at run time.
 */
@FunctionalInterface
interface PropertiesListener {

	/**
	 * Takes them over from the next call on.
	 * @param properties the properties as they are now
	 * @throws RuntimeException if they cannot be; then the old ones go on to hold
	 */
	void changed(WeirProperties properties);

}
