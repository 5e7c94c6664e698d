package dev.weir.core;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the key of a guard holds data of another application. An example is a text
 * under the key of a semaphore. This is a mistake of the configuration and no outage.
 */
public class ForeignDataException extends IllegalStateException {

	private static final String CURE = ". Give the policy another name, or 'weir.key-prefix' another value";

	/**
	 * Creates an exception.
	 * @param problem what was found, without a final dot; the message adds the cure
	 * @param cause the error of the store, {@code null} if there is none
	 */
	public ForeignDataException(String problem, @Nullable Throwable cause) {
		super(problem + CURE, cause);
	}

}
