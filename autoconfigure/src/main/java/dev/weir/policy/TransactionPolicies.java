package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

import dev.weir.annotation.RedisTransactional;
import dev.weir.policy.expression.Expressions;
import dev.weir.transaction.TransactionOptions;
import org.jspecify.annotations.Nullable;

/**
 * Reads the options of methods with {@link RedisTransactional}. Thread-safe.
 */
public final class TransactionPolicies {

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions = new Expressions(null);

	private final ConcurrentMap<Method, TransactionOptions> options = new ConcurrentHashMap<>();

	/**
	 * Creates the policies.
	 * @param placeholders the resolver of <code>${…}</code> in attributes
	 */
	public TransactionPolicies(Function<String, @Nullable String> placeholders) {
		this.placeholders = placeholders;
	}

	/**
	 * Returns the options of a method.
	 * @param method the method of the target's class, not of an interface
	 * @return the options in its annotation
	 * @throws InvalidPolicyException if the annotation has a mistake
	 */
	public TransactionOptions of(Method method) {
		TransactionOptions known = this.options.get(method);
		return (known != null) ? known : this.options.computeIfAbsent(method, this::parse);
	}

	private TransactionOptions parse(Method method) {
		AttributeReader reader = new AttributeReader(method, AttributeReader.find(method, RedisTransactional.class),
				this.placeholders, this.expressions);
		Integer retries = reader.read(() -> retries(reader));
		Duration timeout = reader.read(() -> timeout(reader));
		reader.throwMistakes();
		return new TransactionOptions(null, retries, timeout);
	}

	private static int retries(AttributeReader reader) {
		int retries = (int) reader.number("retries");
		if (retries < 0) {
			throw reader.mistake("retries", "the number of retries is negative", "Use 0 for no retry");
		}
		return retries;
	}

	private static @Nullable Duration timeout(AttributeReader reader) {
		Duration timeout = reader.duration("timeout");
		if (timeout != null && (timeout.compareTo(TransactionOptions.SHORTEST_TIMEOUT) < 0
				|| timeout.compareTo(TransactionOptions.LONGEST_TIMEOUT) > 0)) {
			throw reader.mistake("timeout", "the timeout of a transaction must be between 1ms and 365d",
					"Use a positive duration such as \"5s\", or leave it empty for 'weir.transaction.timeout'");
		}
		return timeout;
	}

}
