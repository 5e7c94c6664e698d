package dev.weir.policy;

import java.lang.annotation.Annotation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseAttributes;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnBusy;
import dev.weir.lease.OnLost;
import dev.weir.policy.expression.KeyExpression;
import dev.weir.policy.expression.PolicyExpression;
import org.jspecify.annotations.Nullable;

/**
 * The parsed values of a {@link DistributedLock} or {@link Semaphore} on one method. A
 * value that is not set, or that has a mistake, is {@code null} or empty.
 *
 * @param name the name of the policy, empty if not set
 * @param keys the expressions that add to the key, each for a separate lease
 * @param limit the maximum number of holders at a time
 * @param limitExpression the expression that returns this limit for each call
 * @param timeout the longest time that one holder may hold the lease
 * @param atLeast the time for which a lock stays taken, counted from its acquisition,
 * even if the method ends earlier
 * @param waitTime the longest time that a caller waits for the lease
 * @param condition the expression that decides for each call whether it takes the lease
 * @param fenced whether the lease has a fencing token
 * @param onUnavailable the behaviour when Redis does not answer
 * @param onLost the behaviour when the lease was lost while the method ran
 * @param onBusy the behaviour when other holders keep the lease for longer than the wait
 * time
 * @param fallback the fallback methods
 */
public record LeaseDeclaration(String name, List<KeyExpression> keys, @Nullable Integer limit,
		@Nullable PolicyExpression limitExpression, @Nullable Duration timeout, @Nullable Duration atLeast,
		@Nullable Duration waitTime, @Nullable PolicyExpression condition, boolean fenced,
		@Nullable OnUnavailable onUnavailable, @Nullable OnLost onLost, @Nullable OnBusy onBusy,
		@Nullable FallbackMethods fallback) implements LeaseAttributes {

	/**
	 * Returns the annotation of a kind of lease.
	 * @param kind the kind
	 * @return the type of the annotation
	 */
	static Class<? extends Annotation> annotationType(LeaseKind kind) {
		return switch (kind) {
			case LOCK -> DistributedLock.class;
			case SEMAPHORE -> Semaphore.class;
		};
	}

	/**
	 * Reads an annotation. The reader collects the mistakes.
	 * @param kind the kind
	 * @param reader the reader of the attributes
	 * @return the values
	 */
	static LeaseDeclaration read(LeaseKind kind, AttributeReader reader) {
		String name = reader.name();
		boolean fenced = reader.flag("fenced");
		List<KeyExpression> keys = reader.read(() -> keys(reader, fenced));
		return new LeaseDeclaration(name, (keys != null) ? keys : List.of(), reader.read(() -> limit(reader)),
				reader.read(() -> limitExpression(reader)), reader.read(() -> timeout(reader, kind)),
				reader.read(() -> atLeast(reader)), reader.read(() -> waitTime(reader)),
				reader.read(() -> reader.expression("condition")), fenced,
				reader.read(() -> reader.single("onUnavailable", OnUnavailable.class)),
				reader.read(() -> reader.single("onLost", OnLost.class)),
				reader.read(() -> reader.single("onBusy", OnBusy.class)),
				reader.read(() -> reader.fallback("fallback", LeaseException.class)));
	}

	private static List<KeyExpression> keys(AttributeReader reader, boolean fenced) {
		KeyExpression single = reader.key("key");
		List<String> several = reader.texts("keys");
		String all = String.join("\", \"", several);
		if (single != null && !several.isEmpty()) {
			throw reader.mistake("keys", all, "there is a key as well",
					"Use key for one key, or keys for several keys");
		}
		if (fenced && !several.isEmpty()) {
			throw reader.mistake("keys", all,
					"a lock of several keys cannot be fenced, because each key has its own sequence of tokens",
					"Remove fenced, or lock one key");
		}
		List<KeyExpression> keys = new ArrayList<>();
		for (String raw : several) {
			PolicyExpression key = reader.expressionOf("keys", raw);
			if (key == null) {
				throw reader.mistake("keys", raw, "an expression is empty", "Remove it");
			}
			keys.add(new KeyExpression(key, true));
		}
		return (single != null) ? List.of(single) : keys;
	}

	private static @Nullable PolicyExpression limitExpression(AttributeReader reader) {
		PolicyExpression expression = reader.expression("limitExpression");
		if (expression != null && reader.number("limit") != 0) {
			throw reader.mistake("limitExpression", "there is a limit of " + reader.number("limit") + " as well",
					"Remove one of the two");
		}
		return expression;
	}

	private static @Nullable Integer limit(AttributeReader reader) {
		int limit = (int) reader.number("limit");
		if (limit < 0) {
			throw reader.mistake("limit", "a semaphore needs a limit of at least 1", LeasePolicies.SET_LIMIT);
		}
		return (limit != 0) ? limit : null;
	}

	private static @Nullable Duration timeout(AttributeReader reader, LeaseKind kind) {
		Duration timeout = reader.duration("timeout");
		if (timeout != null && timeout.compareTo(LeaseRequest.SHORTEST_TIMEOUT) < 0) {
			throw reader.mistake("timeout", "a " + kind + " must be held for at least 1ms",
					"Use a positive duration such as \"60s\", or leave it empty to hold the " + kind
							+ " as long as the method runs");
		}
		return timeout;
	}

	private static @Nullable Duration atLeast(AttributeReader reader) {
		Duration atLeast = reader.duration("atLeast");
		if (atLeast != null && atLeast.isNegative()) {
			throw reader.mistake("atLeast", "the time is negative", "Use a positive duration such as \"30s\"");
		}
		return atLeast;
	}

	private static @Nullable Duration waitTime(AttributeReader reader) {
		Duration waitTime = reader.duration("waitTime");
		if (waitTime != null && waitTime.isNegative()) {
			throw reader.mistake("waitTime", "the wait time is negative", "Use \"0\" to not wait");
		}
		return waitTime;
	}

}
