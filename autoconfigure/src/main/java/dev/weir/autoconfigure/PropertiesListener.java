package dev.weir.autoconfigure;

/**
 * Applies properties that changed at run time.
 */
@FunctionalInterface
interface PropertiesListener {

	/**
	 * Prepares the new properties: everything that can fail happens here.
	 * @param properties the new properties
	 * @return the task that applies the properties from the next call on, and never fails
	 * @throws RuntimeException if the properties cannot be applied
	 */
	Runnable prepare(WeirProperties properties);

}
