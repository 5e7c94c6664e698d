package dev.weir.benchmark.suite;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Stream;

import dev.weir.benchmark.guard.Guard;
import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.guard.RedissonLockGuard;
import dev.weir.benchmark.guard.WeirGuard;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;
import dev.weir.benchmark.run.WeirClient;

/**
 * Measures how the cost of Weir grows with a number, such as that of keys or of waiters.
 *
 * @param name the name of the suite
 * @param loads the loads
 * @param maker the factory of the contenders
 */
public record Growth(String name, List<Load> loads,
		Function<Environment, List<Contender>> maker) implements TurnsSuite {

	/**
	 * Creates the suite in which one caller acquires one of many free locks, chosen at
	 * random for each call.
	 * @return the suite
	 */
	public static Growth keys() {
		return new Growth("growth-keys", List.of(new Load(1, 1)),
				(environment) -> each(Stream.of(1, 10, 100, 1000),
						(keys) -> new GuardContender(WeirGuard.lock(environment.sharedWeir(keys + "-keys")), keys, 1,
								(thread) -> ThreadLocalRandom.current().nextInt(keys), environment)));
	}

	/**
	 * Creates the suite in which more and more callers compete for one lock.
	 * @return the suite
	 */
	public static Growth waiters() {
		return new Growth("growth-waiters", Stream.of(1, 10, 100, 1000).map((threads) -> new Load(threads, 1)).toList(),
				(environment) -> Stream
					.of(WeirGuard.lock(environment.sharedWeir("shared")), new RedissonLockGuard(environment.redisson()))
					.<Contender>map((guard) -> new GuardContender(guard, 1, 1, environment))
					.toList());
	}

	/**
	 * Creates the suite in which the same callers compete for one lock, spread over more
	 * and more instances. The instances share a JVM and its client. Each instance has its
	 * own engine, queues and channel.
	 * @return the suite
	 */
	public static Growth instances() {
		return new Growth("growth-instances", List.of(new Load(100, 1)),
				(environment) -> each(Stream.of(1, 10, 100, 1000),
						(instances) -> new GuardContender(
								Instances.of(instances, environment.sharedWeir(instances + "-instances")), 1, 1,
								environment)));
	}

	/**
	 * Creates the suite in which one caller acquires the last permit of a semaphore whose
	 * other permits are held.
	 * @return the suite
	 */
	public static Growth limits() {
		return new Growth("growth-limits", List.of(new Load(1, 1)),
				(environment) -> each(Stream.of(1, 10, 100, 1000), (limit) -> lastPermit(limit, environment)));
	}

	private static Contender lastPermit(int limit, Environment environment) {
		WeirGuard guard = WeirGuard.semaphore(limit, environment.sharedWeir("limit-" + limit));
		GuardContender contender = new GuardContender(guard, 1, 1, environment);
		for (int i = 1; i < limit; i++) {
			guard.acquire(contender.key(0));
		}
		return contender;
	}

	private static List<Contender> each(Stream<Integer> sizes, Function<Integer, Contender> maker) {
		return sizes.map(maker).toList();
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		return this.maker.apply(environment);
	}

	/**
	 * Engines of one JVM, from which each call uses one at random.
	 *
	 * @param name the name under which results are shown
	 * @param all the engines
	 */
	private record Instances(String name, List<WeirGuard> all) implements Guard {

		static Instances of(int number, WeirClient client) {
			return new Instances(client.name(), Stream.generate(() -> WeirGuard.lock(client)).limit(number).toList());
		}

		@Override
		public Held acquire(String key) {
			return this.all.get(ThreadLocalRandom.current().nextInt(this.all.size())).acquire(key);
		}

		@Override
		public void close() {
			this.all.forEach(WeirGuard::close);
		}

	}

}
