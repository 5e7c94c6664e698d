package dev.weir.benchmark.transaction;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;
import org.redisson.api.BatchOptions;
import org.redisson.api.RBatch;
import org.redisson.api.RTransaction;
import org.redisson.api.RedissonClient;
import org.redisson.api.TransactionOptions;
import org.redisson.client.codec.StringCodec;

/**
 * Compares ways to write three values, all or none, where no two callers write the same.
 */
public final class TransactionSuite implements TurnsSuite {

	@Override
	public String name() {
		return "transaction";
	}

	@Override
	public List<Load> loads() {
		return List.of(new Load(1, 1), new Load(16, 1));
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		RedissonClient redisson = environment.redisson();
		// Weir's transactions belong in this list, under Result.WEIR.
		return Stream.of(transaction(redisson), batch(redisson))
			.<Contender>map((writer) -> new WriterContender(writer, environment))
			.toList();
	}

	private static Writer transaction(RedissonClient redisson) {
		return new Writer("redisson-rtransaction", (keys, value) -> {
			RTransaction transaction = redisson
				.createTransaction(TransactionOptions.defaults().timeout(30, TimeUnit.SECONDS));
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

}
