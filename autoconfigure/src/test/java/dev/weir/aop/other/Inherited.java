package dev.weir.aop.other;

/**
 * Superclass of a bean in another package.
 */
public class Inherited {

	@Placed
	void run() {
		throw new AssertionError("No start succeeds with this method");
	}

}
