package dev.weir.redis.jvm;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

import dev.weir.redis.RedisAddress;
import dev.weir.redis.TestRedis;
import dev.weir.redis.TestTransactions;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.TransactionOptions;
import org.jspecify.annotations.Nullable;

import static org.awaitility.Awaitility.await;

/**
 * One JVM that executes transactions, for {@link TransactionJvmTests}.
 */
public final class TransactionWorker {

	static final int KEYS = 10;

	static final int ACCOUNTS = 4;

	private TransactionWorker() {
	}

	/**
	 * Runs the worker.
	 * @param arguments the address of Redis, the kind of work, the number of threads, the
	 * number of transactions of each thread
	 */
	public static void main(String[] arguments) throws Exception {
		int threads = Integer.parseInt(arguments[2]);
		int times = Integer.parseInt(arguments[3]);
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try (TestRedis.Instance instance = TestRedis.connect(RedisAddress.of(arguments[0]), TestRedis.PATIENCE)) {
			// Several JVMs that start at the same time need longer than one command.
			await().atMost(Duration.ofMinutes(1))
				.ignoreExceptions()
				.until(() -> instance.scripts().ping().toCompletableFuture().join() != null);
			RedisTransactionOperations transactions = TestTransactions.of(instance)
				.with(TransactionOptions.defaults().retries(10_000).timeout(Duration.ofMinutes(2)));
			List<Future<?>> workers = IntStream.range(0, threads).<Future<?>>mapToObj((i) -> executor.submit(() -> {
				for (int n = 0; n < times; n++) {
					work(arguments[1], transactions, n);
				}
				return null;
			})).toList();
			for (Future<?> worker : workers) {
				worker.get();
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

	private static void work(String kind, RedisTransactionOperations transactions, int n) {
		switch (kind) {
			case "count" -> transactions.executeWithoutResult((tx) -> tx.set("n", number(tx.get("n", Long.class)) + 1));
			case "transfer" -> transactions.executeWithoutResult((tx) -> {
				ThreadLocalRandom random = ThreadLocalRandom.current();
				String from = "account" + random.nextInt(ACCOUNTS);
				String to = "account" + random.nextInt(ACCOUNTS);
				tx.prefetch(from, to);
				if (!from.equals(to)) {
					tx.set(from, number(tx.get(from, Long.class)) - 1);
					tx.set(to, number(tx.get(to, Long.class)) + 1);
				}
			});
			default -> {
				// Each transaction sets ten keys, which contain the same id.
				String id = ProcessHandle.current().pid() + "-" + Thread.currentThread().getName() + "-" + n;
				transactions.executeWithoutResult(
						(tx) -> IntStream.range(0, KEYS).forEach((i) -> tx.set("whole:" + i + ":" + id, n)));
			}
		}
	}

	private static long number(@Nullable Long value) {
		return (value != null) ? value : 0;
	}

}
