package dev.weir.policy;

import java.lang.reflect.Method;

import dev.weir.ratelimit.Decisions;

/**
 * Keeps a call from being charged twice: once for the web request and once for the method
 * that handles it. Thread-safe.
 */
public interface ChargedCalls {

	/** For calls outside of web requests: no call was charged before. */
	ChargedCalls NONE = new ChargedCalls() {

		@Override
		public boolean isCharged(Method method) {
			return false;
		}

		@Override
		public boolean isHandler(Method method) {
			return false;
		}

		@Override
		public void charged(Method method, Decisions decisions) {
			// There is no request to remember it.
		}

	};

	/**
	 * Returns whether the current request was charged for a method before.
	 * @param method the method
	 * @return whether it was; {@code false} if the thread handles no request
	 */
	boolean isCharged(Method method);

	/**
	 * Returns whether a method handles the current request. The caller of such a method
	 * waits for its result and subscribes once, also if the result is reactive, so the
	 * call is charged, not the subscription.
	 * @param method the method
	 * @return whether it does; {@code false} if the thread handles no request
	 */
	boolean isHandler(Method method);

	/**
	 * Remembers that a method was charged when it was called.
	 * @param method the method
	 * @param decisions the decisions of its limits
	 */
	void charged(Method method, Decisions decisions);

}
