package dev.weir.benchmark.transaction;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;
import dev.weir.benchmark.run.WeirClient;
import dev.weir.redis.RedisTransactionStore;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.RedisTransactions;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionScope;
import dev.weir.transaction.ValueSerializer;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RTransaction;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;

/**
 * Compares ways to write three values, all or none. No two callers write the same values.
 */
public final class TransactionSuite implements TurnsSuite {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	@Override
	public String name() {
		return "transaction";
	}

	@Override
	public List<Load> loads() {
		return Load.threads(1, 16);
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		RedissonClient redisson = environment.redisson();
		return Stream
			.concat(environment.weirs().stream().map(TransactionSuite::weir),
					Stream.of(transaction(redisson), batch(redisson)))
			.<Contender>map((writer) -> new WriterContender(writer, environment))
			.toList();
	}

	private static Writer weir(WeirClient client) {
		// The values are bytes, as those of the peers are text. No contender converts
		// them to JSON.
		RedisTransactionOperations transactions = new RedisTransactions(
				new RedisTransactionStore(client.scripts(), "benchmark:", TIMEOUT), new BytesOnly(),
				TransactionOptions.defaults().retries(0).timeout(TIMEOUT), 1024, ForkJoinPool.commonPool(),
				new TransactionScope());
		return new Writer(client.name(), (keys, value) -> {
			byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
			transactions.executeWithoutResult((tx) -> keys.forEach((key) -> tx.set(key, bytes)));
		});
	}

	private static Writer transaction(RedissonClient redisson) {
		return new Writer("redisson-rtransaction", (keys, value) -> {
			RTransaction transaction = redisson
				.createTransaction(org.redisson.api.TransactionOptions.defaults().timeout(30, TimeUnit.SECONDS));
			for (String key : keys) {
				transaction.<String>getBucket(key, StringCodec.INSTANCE).set(value);
			}
			transaction.commit();
		});
	}

	private static Writer batch(RedissonClient redisson) {
		return new Writer("redisson-rbatch", (keys, value) -> {
			RBatch batch = redisson
				.createBatch(BatchOptions.defaults().executionMode(BatchOptions.ExecutionMode.REDIS_WRITE_ATOMIC));
			for (String key : keys) {
				batch.<String>getBucket(key, StringCodec.INSTANCE).setAsync(value);
			}
			batch.execute();
		});
	}

	/**
	 * A serializer that is never called, because all values are bytes.
	 */
	private static final class BytesOnly implements ValueSerializer {

		@Override
		public byte[] serialize(Object value) {
			throw new IllegalArgumentException("Not bytes: " + value);
		}

		@Override
		public <T> T deserialize(byte[] bytes, Class<T> type) {
			throw new IllegalArgumentException("Not bytes: " + type);
		}

	}

}
