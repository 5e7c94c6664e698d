package dev.weir.policy;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnBusy;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.policy.Resolved.Source;
import dev.weir.policy.expression.Invocation;
import dev.weir.policy.expression.KeyExpression;
import dev.weir.policy.expression.PolicyExpression;
import org.jspecify.annotations.Nullable;

/**
 * The policy of one method: its annotation, with the properties and defaults in force.
 * Immutable.
 *
 * @param kind whether it is a lock or a semaphore
 * @param name the name
 * @param keyBase the key without the parts that expressions add
 * @param declared the annotation
 * @param values the values in force
 * @param purpose the class and method, shown to waiters
 * @param rooms where calls wait
 */
public record LeasePolicy(LeaseKind kind, String name, String keyBase, LeaseDeclaration declared, LeaseValues values,
		String purpose, WaitRooms rooms) {

	/**
	 * Returns whether a call takes a lease.
	 * @param invocation the call
	 * @return {@code false} if the method runs without a lease
	 */
	public boolean guards(Invocation invocation) {
		PolicyExpression condition = this.declared.condition();
		return this.values.enabled().value() && (condition == null || condition.holds(invocation));
	}

	/**
	 * Returns the leases that a call needs.
	 * @param invocation the call
	 * @return the guard
	 */
	public LeaseGuard guard(Invocation invocation) {
		int limit = limit(invocation);
		List<KeyExpression> keys = this.declared.keys();
		if (keys.isEmpty()) {
			return guard(List.of(request(this.keyBase, limit)));
		}
		if (keys.size() == 1 && !keys.get(0).isPlural()) {
			return guard(List.of(request(this.keyBase + ":" + keys.get(0).evaluate(invocation), limit)));
		}
		Set<String> values = new LinkedHashSet<>();
		keys.forEach((key) -> values.addAll(key.evaluateAll(invocation)));
		return guard(values.stream().map((value) -> request(this.keyBase + ":" + value, limit)).toList());
	}

	private LeaseGuard guard(List<LeaseRequest> requests) {
		return new LeaseGuard(requests, this.values.onUnavailable().value(), this.values.onLost().value(),
				this.rooms.of(this.kind, this.name, this.values.maxWaiters().value()));
	}

	private LeaseRequest request(String key, int limit) {
		return new LeaseRequest(this.name, new LeaseKey(this.kind, key), limit, this.values.timeout().value(),
				this.values.waitTime().value(), this.declared.fenced(), this.purpose)
			.keptFor(this.values.atLeast().value());
	}

	private int limit(Invocation invocation) {
		PolicyExpression expression = limitExpression();
		Integer limit = this.values.limit().value();
		if (expression != null) {
			return (int) expression.number(invocation, 1, Integer.MAX_VALUE);
		}
		return (limit != null) ? limit : 1;
	}

	/**
	 * Returns the expression for the limit of each call. A limit in properties has
	 * precedence over the expression.
	 * @return the expression, {@code null} if the limit is the same for all calls
	 */
	public @Nullable PolicyExpression limitExpression() {
		return (this.values.limit().value() != null) ? null : this.declared.limitExpression();
	}

	/**
	 * Returns the values in force by the names of their attributes.
	 * @return the values
	 */
	Map<String, Resolved<?>> valuesByName() {
		PolicyExpression expression = limitExpression();
		return this.values
			.byName((expression != null) ? new Resolved<>(expression.text(), Source.EXPRESSION) : this.values.limit());
	}

	/**
	 * Returns whether a call ends with an empty result.
	 * @param failure the reason why it did not run under the lease
	 * @return whether the call is skipped
	 */
	public boolean skips(LeaseException failure) {
		return this.values.onBusy().value() == OnBusy.SKIP && failure instanceof LeaseBusyException;
	}

	/**
	 * Calls the fallback in place of a call that could not run or that lost its lease.
	 * @param invocation the call
	 * @param failure the reason
	 * @return the result of the fallback
	 * @throws Throwable if the fallback throws it; the failure itself if there is no
	 * fallback
	 */
	public @Nullable Object instead(Invocation invocation, LeaseException failure) throws Throwable {
		FallbackMethods fallback = this.declared.fallback();
		if (fallback == null) {
			throw failure;
		}
		return fallback.call(invocation, failure);
	}

}
