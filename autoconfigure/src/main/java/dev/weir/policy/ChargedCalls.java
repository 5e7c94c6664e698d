package dev.weir.policy;

import java.lang.reflect.Method;
import java.util.List;

import dev.weir.ratelimit.Charge;
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
		public List<Charge> due(Method method, List<Charge> charges) {
			return charges;
		}

		@Override
		public void charged(Method method, List<Charge> charges, Decisions decisions) {
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
	 * Returns the charges of a call that are still due. A method that handles the current
	 * request does not take from a bucket from which the request has taken before.
	 * @param method the method
	 * @param charges the charges of the call
	 * @return the charges that are due; all if the method does not handle the current
	 * request
	 */
	List<Charge> due(Method method, List<Charge> charges);

	/**
	 * Remembers that a method was charged when it was called.
	 * @param method the method
	 * @param charges the charges
	 * @param decisions the decisions of the charges
	 */
	void charged(Method method, List<Charge> charges, Decisions decisions);

}
