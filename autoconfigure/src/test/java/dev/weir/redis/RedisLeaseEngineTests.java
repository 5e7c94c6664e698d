package dev.weir.redis;

import java.util.List;

import dev.weir.lease.LeaseStore;
import dev.weir.lease.engine.LeaseEngineContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/**
 * Tests the engine on the {@link RedisLeaseStore}, with two instances on a real Redis.
 */
class RedisLeaseEngineTests extends LeaseEngineContract {

	private static TestRedis redis;

	private static List<TestRedis.Instance> instances;

	@BeforeAll
	static void connect() {
		redis = new TestRedis();
		instances = List.of(redis.connect(), redis.connect());
	}

	@AfterAll
	static void disconnect() {
		instances.forEach(TestRedis.Instance::close);
		redis.close();
	}

	@BeforeEach
	void clean() {
		redis.server().command("FLUSHALL");
	}

	@Override
	protected LeaseStore store(int instance) {
		return instances.get(instance).store();
	}

	@Override
	protected long keys() {
		List<?> keys = (List<?>) redis.server().command("KEYS", "*");
		return keys.stream().filter((key) -> !key.toString().endsWith("%fence")).count();
	}

}
