package dev.weir.sample;

import java.util.List;
import java.util.stream.Stream;

import dev.weir.embeddedredis.RedisServer;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Two instances on one Redis, with the company notes, for all test classes that need
 * them. The buckets are full before each test.
 *
 * @param redis the Redis
 * @param one an instance
 * @param two another instance
 */
record Cluster(RedisServer redis, Instance one, Instance two) implements AutoCloseable {

	/** Users of the sample whose buckets the tests use. */
	private static final List<String> USERS = List.of("user:alice", "user:bob", "ip:127.0.0.1");

	static Cluster start() {
		RedisServer redis = RedisServer.start();
		String[] properties = { "spring.data.redis.url=" + redis.uri(), "sample.demo.word-delay=0",
				"sample.demo.stampede-latency=300ms", "weir.rate-limit.policies.[documents:user].limit=1000/1m",
				"weir.rate-limit.policies.[embeddings:user].limit=100000/1m" };
		try {
			Instance one = Instance.startWithCorpus(properties);
			return new Cluster(redis, one, Instance.startWithCorpus(properties));
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	Instance get(int number) {
		return (number % 2 != 0) ? this.two : this.one;
	}

	void fillBuckets() {
		RateLimitOperations rateLimits = this.one.context().getBean(RateLimitOperations.class);
		Stream
			.concat(Stream.of("chat:stream", "search:vector").map(RateLimitSpec::of),
					USERS.stream()
						.flatMap((user) -> Stream.of("chat:user", "chat:tokens", "chat:tokens:month")
							.map((name) -> RateLimitSpec.of(name).user(user))))
			.forEach(rateLimits::reset);
	}

	@Override
	public void close() {
		this.one.close();
		this.two.close();
		this.redis.close();
	}

	/**
	 * Passes the cluster to tests, and starts the cluster for the first test.
	 */
	static class Extension implements ParameterResolver, BeforeEachCallback {

		@Override
		public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
			return parameter.getParameter().getType() == Cluster.class;
		}

		@Override
		public Cluster resolveParameter(ParameterContext parameter, ExtensionContext context) {
			return cluster(context);
		}

		@Override
		public void beforeEach(ExtensionContext context) {
			cluster(context).fillBuckets();
		}

		private static Cluster cluster(ExtensionContext context) {
			// JUnit closes the cluster after the last test.
			return context.getRoot()
				.getStore(ExtensionContext.Namespace.GLOBAL)
				.computeIfAbsent(Cluster.class, (type) -> Cluster.start(), Cluster.class);
		}

	}

}
