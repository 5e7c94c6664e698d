package dev.weir.policy;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import dev.weir.lease.Guard;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * What an annotation says about a method, after placeholders and property overrides:
 * resolved once, never changed.
 *
 * @param kind whether it is a lock or a semaphore
 * @param name the name
 * @param enabled whether leases are taken at all
 * @param keyBase the key without what the expressions add
 * @param keys the expressions that add to the key, each for a lease of its own; empty for
 * one lease for all calls
 * @param limit how many may hold a lease at a time, unless the expression says
 * @param limitExpression says how many for each call, {@code null} for the limit
 * @param timeout the longest that one caller may hold a lease, {@code null} for as long
 * as the method runs
 * @param waitTime how long to wait, zero to not wait
 * @param condition whether to take a lease, {@code null} for always
 * @param fenced whether a fencing token is minted
 * @param onUnavailable what to do when Redis does not answer
 * @param onLost what to do when a lease was lost
 * @param fallback what to call instead, {@code null} for nothing
 * @param purpose class and method, told to others who wait
 */
public record LeasePolicy(LeaseKind kind, String name, boolean enabled, String keyBase, List<KeyExpression> keys,
		int limit, @Nullable LimitExpression limitExpression, @Nullable Duration timeout, Duration waitTime,
		@Nullable ConditionExpression condition, boolean fenced, OnUnavailable onUnavailable, OnLost onLost,
		@Nullable FallbackMethods fallback, String purpose) {

	/**
	 * Whether a call needs a lease.
	 * @param invocation the call
	 * @return {@code false} to run the method without one
	 */
	public boolean guards(Invocation invocation) {
		return this.enabled && (this.condition == null || this.condition.holds(invocation));
	}

	/**
	 * Says what a call asks of the engine.
	 * @param invocation the call
	 * @return the guard
	 */
	public Guard guard(Invocation invocation) {
		int effectiveLimit = (this.limitExpression != null) ? this.limitExpression.evaluate(invocation) : this.limit;
		if (this.keys.isEmpty()) {
			return new Guard(request(this.keyBase, effectiveLimit), this.onUnavailable, this.onLost);
		}
		if (this.keys.size() == 1 && !this.keys.get(0).isPlural()) {
			return new Guard(request(this.keyBase + ":" + this.keys.get(0).evaluate(invocation), effectiveLimit),
					this.onUnavailable, this.onLost);
		}
		Set<String> values = new LinkedHashSet<>();
		this.keys.forEach((key) -> values.addAll(key.evaluateAll(invocation)));
		return new Guard(values.stream().map((value) -> request(this.keyBase + ":" + value, effectiveLimit)).toList(),
				this.onUnavailable, this.onLost);
	}

	private LeaseRequest request(String key, int effectiveLimit) {
		return new LeaseRequest(this.name, new LeaseKey(this.kind, key), effectiveLimit, this.timeout, this.waitTime,
				this.fenced, this.purpose);
	}

	/**
	 * Gives a result in place of a call that could not run, or lost its lease.
	 * @param invocation the call
	 * @param failure why
	 * @return the result of the fallback
	 * @throws Throwable what the fallback throws, or the failure if there is none
	 */
	public @Nullable Object instead(Invocation invocation, LeaseException failure) throws Throwable {
		if (this.fallback == null) {
			throw failure;
		}
		return this.fallback.call(invocation, failure);
	}

}
