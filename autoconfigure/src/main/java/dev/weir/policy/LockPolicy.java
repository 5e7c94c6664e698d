package dev.weir.policy;

import java.time.Duration;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;
import dev.weir.lease.OnUnavailable;
import org.jspecify.annotations.Nullable;

/**
 * What a lock annotation says about a method, after placeholders and property overrides:
 * resolved once, never changed.
 *
 * @param name the name
 * @param enabled whether the lock is taken at all
 * @param keyBase the key without what the expression adds
 * @param key the expression that adds to the key, {@code null} for one lock for all calls
 * @param timeout the longest that one caller may hold the lock, {@code null} for as long
 * as the method runs
 * @param waitTime how long to wait, zero to not wait
 * @param condition whether to lock, {@code null} for always
 * @param fenced whether a fencing token is minted
 * @param onUnavailable what to do when Redis does not answer
 * @param onLost what to do when the lock was lost
 * @param purpose class and method, told to others who wait
 */
public record LockPolicy(String name, boolean enabled, String keyBase, @Nullable KeyExpression key,
		@Nullable Duration timeout, Duration waitTime, @Nullable ConditionExpression condition, boolean fenced,
		OnUnavailable onUnavailable, OnLost onLost, String purpose) {

	/**
	 * Whether a call needs the lock.
	 * @param invocation the call
	 * @return {@code false} to run the method without it
	 */
	public boolean guards(Invocation invocation) {
		return this.enabled && (this.condition == null || this.condition.holds(invocation));
	}

	/**
	 * Says what a call asks of the engine.
	 * @param invocation the call
	 * @return the request
	 */
	public LeaseRequest request(Invocation invocation) {
		String value = (this.key != null) ? this.keyBase + ":" + this.key.evaluate(invocation) : this.keyBase;
		return new LeaseRequest(this.name, new LeaseKey(LeaseKind.LOCK, value), 1, this.timeout, this.waitTime,
				this.fenced, this.purpose);
	}

}
