package dev.weir.sample;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.lease.Lease;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the Python service with redis-py and the sample exclude each other: both
 * take the same locks, with the expressions of the Python service for the keys. Skipped
 * where redis-py is missing, but not in CI.
 */
@Timeout(120)
class OriginLocksTests {

	/** The interpreter for which Debian packages are installed. */
	private static final String PYTHON = "/usr/bin/python3";

	private static final String ORIGIN = """
			import hashlib, json, sys
			try:
			    import redis
			except ImportError:
			    print('missing')
			    sys.exit()
			def md5(text):
			    return hashlib.md5(text.encode()).hexdigest()
			def canonical(filter):
			    return json.dumps(filter, sort_keys=True, separators=(',', ':'))
			text, model = 'a text for both, ü 😀', 'all-MiniLM-L6-v2'
			query, top_k, filter = 'chips', 3, {'ticker': 'AAPL', 'sector': 'Technology'}
			batch_id = 'batch of both'
			keys = {
			    'embedding_lock': f"embedding_lock:{md5(f'{text}:{model}')}",
			    'search_lock': f"search_lock:{md5(f'{query}:{top_k}:{canonical(filter)}')}",
			    'upsert_batch': f"upsert_batch:{md5(batch_id)}"
			}
			key = keys[sys.argv[2]]
			lock = redis.Redis(host='127.0.0.1', port=int(sys.argv[1])).lock(key, timeout=60, blocking=False)
			print(key if lock.acquire() else 'busy')
			""";

	private static RedisServer redis;

	private static Instance instance;

	@BeforeAll
	static void start() throws Exception {
		redis = RedisServer.start();
		if (!new File(PYTHON).canExecute() || origin("embedding_lock").equals("missing")) {
			Programs.needed("python3-redis", "redis-py");
		}
		redis.command("FLUSHALL");
		instance = Instance.start("spring.data.redis.url=" + redis.uri(),
				"weir.lock.policies.embedding_lock.wait-time=0", "weir.lock.policies.search_lock.wait-time=0",
				"weir.lock.policies.upsert_batch.wait-time=0");
	}

	@AfterAll
	static void stop() {
		if (instance != null) {
			instance.close();
		}
		if (redis != null) {
			redis.close();
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					embedding_lock | /api/embeddings | {"text": "a text for both, ü 😀"}
					search_lock | /api/search | {"query": "chips", "top_k": 3, "filter": {"sector": "Technology", "ticker": "AAPL"}}
					upsert_batch | /api/documents | {"batch_id": "batch of both", "documents": [{"id": "a", "ticker": "A", \
					"company": "A", "sector": "A", "title": "A", "text": "A"}]}
					""")
	void bothExcludeEachOther(String lock, String path, String body) throws Exception {
		String key = origin(lock);
		assertThat(key).startsWith(lock + ":");
		assertThat(instance.send("alice", path, body).join().statusCode()).isEqualTo(409);
		redis.command("DEL", key);
		LockOperations locks = instance.context().getBean(LockOperations.class);
		try (Lease lease = locks.acquire(LockSpec.of(lock, key.substring(lock.length() + 1)))) {
			assertThat(lease.isValid()).isTrue();
			assertThat(origin(lock)).isEqualTo("busy");
		}
		assertThat(instance.send("alice", path, body).join().statusCode()).isIn(200, 201);
	}

	private static String origin(String lock) throws Exception {
		Process process = new ProcessBuilder(List.of(PYTHON, "-c", ORIGIN, Integer.toString(redis.port()), lock))
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
		return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
	}

}
