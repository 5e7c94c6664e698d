package dev.weir.autoconfigure;

import java.util.List;
import java.util.stream.Stream;

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

	/**
	 * Lets all listeners take over properties, or none.
	 * @param properties the properties as they are now
	 * @param listeners the listeners
	 * @throws RuntimeException if one of them cannot; then the old ones go on to hold
	 */
	static void takeOver(WeirProperties properties, Stream<PropertiesListener> listeners) {
		List<Runnable> changes = listeners.map((listener) -> listener.prepare(properties)).toList();
		changes.forEach(Runnable::run);
	}

}
