package dev.weir.sample.search;

import java.util.function.Consumer;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;
import org.springframework.util.CollectionUtils;

/**
 * All of these writes or none.
 */
@Component
class Transactions {

	private final StringRedisTemplate redis;

	Transactions(StringRedisTemplate redis) {
		this.redis = redis;
	}

	/**
	 * Writes in one step, if what the decision to write was based on is still true then.
	 * @param watched the key that must not change between the decision and the step
	 * @param decision reads what it needs, and returns what to write, {@code null} for
	 * nothing
	 * @return whether it was written
	 */
	boolean execute(String watched, Supplier<@Nullable Consumer<RedisOperations<String, String>>> decision) {
		return Boolean.TRUE.equals(this.redis.execute(new SessionCallback<Boolean>() {

			@Override
			@SuppressWarnings("unchecked")
			public <K, V> Boolean execute(RedisOperations<K, V> operations) {
				RedisOperations<String, String> tx = (RedisOperations<String, String>) operations;
				tx.watch(watched);
				Consumer<RedisOperations<String, String>> writes = decision.get();
				if (writes == null) {
					tx.unwatch();
					return false;
				}
				tx.multi();
				writes.accept(tx);
				// Nothing comes back if the watched key has changed.
				return !CollectionUtils.isEmpty(tx.exec());
			}

		}));
	}

}
