package dev.weir.redis;

import java.time.Duration;
import java.util.concurrent.Executor;

import dev.weir.transaction.JsonValueSerializer;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.RedisTransactions;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionScope;
import tools.jackson.databind.json.JsonMapper;

/**
 * Creates transactions of one instance for tests.
 */
public final class TestTransactions {

	static final int MAX_VALUE_SIZE = 100_000;

	private TestTransactions() {
	}

	/**
	 * Returns transactions that are tried once.
	 * @param instance the instance
	 * @return the transactions
	 */
	public static RedisTransactionOperations of(TestRedis.Instance instance) {
		return of(instance, instance.executor());
	}

	/**
	 * Returns transactions that are tried once.
	 * @param instance the instance
	 * @param executor runs the completion of calls that do not block
	 * @return the transactions
	 */
	public static RedisTransactionOperations of(TestRedis.Instance instance, Executor executor) {
		return new RedisTransactions(new RedisTransactionStore(instance.scripts(), "test:", Duration.ofMinutes(1)),
				new JsonValueSerializer(JsonMapper.shared()),
				TransactionOptions.defaults().retries(0).timeout(TestRedis.PATIENCE), MAX_VALUE_SIZE, executor,
				new TransactionScope());
	}

}
