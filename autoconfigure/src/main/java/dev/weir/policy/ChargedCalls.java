package dev.weir.policy;

import java.lang.reflect.Method;

import dev.weir.ratelimit.Decisions;

/**
 * Prevents a call from being charged twice: for the web request and again for the method
 * that handles the request. Thread-safe.
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
			// There is no request that could store the charge.
		}

	};

	/**
	 * Returns whether the current request was charged for a method before.
	 * @param method the method
	 * @return whether the request was charged; {@code false} if the thread handles no
	 * request
	 */
	boolean isCharged(Method method);

	/**
	 * Returns whether a method handles the current request. The caller of such a method
	 * waits for its result, and subscribes once if the result is reactive. Weir therefore
	 * charges the call and not the subscription.
	 * @param method the method
	 * @return whether the method handles the request; {@code false} if the thread handles
	 * no request
	 */
	boolean isHandler(Method method);

	/**
	 * Remembers that a method was charged when it was called.
	 * @param method the method
	 * @param decisions the decisions of its limits
	 */
	void charged(Method method, Decisions decisions);

}
