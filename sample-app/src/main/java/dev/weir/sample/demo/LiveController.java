package dev.weir.sample.demo;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.PolicyDescription;
import dev.weir.policy.Resolved;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Returns the state of all instances for the page.
 */
@RestController
@ConditionalOnLiveView
class LiveController {

	private final Instances instances;

	private final PolicyCatalog policies;

	private final RateLimitOperations rateLimits;

	private final ComputationCounter computations;

	private final StatisticsJob statistics;

	private final ObjectProvider<RedisServer> embeddedRedis;

	LiveController(Instances instances, PolicyCatalog policies, RateLimitOperations rateLimits,
			ComputationCounter computations, StatisticsJob statistics, ObjectProvider<RedisServer> embeddedRedis) {
		this.instances = instances;
		this.policies = policies;
		this.rateLimits = rateLimits;
		this.computations = computations;
		this.statistics = statistics;
		this.embeddedRedis = embeddedRedis;
	}

	@GetMapping("/api/live")
	Live live() {
		List<Instance> all = this.instances.all();
		List<Guard> locks = new ArrayList<>();
		List<Guard> semaphores = new ArrayList<>();
		List<CompletableFuture<Bucket>> buckets = new ArrayList<>();
		for (PolicyDescription policy : this.policies.all()) {
			if (policy.methods().isEmpty()) {
				// The policy exists only in properties.
				continue;
			}
			String name = policy.name();
			switch (policy.kind()) {
				case LOCK -> locks.add(new Guard(name, sum(all, Instance::held, name), 1,
						sum(all, Instance::waiting, name), policy.methods()));
				case SEMAPHORE -> semaphores.add(new Guard(name, sum(all, Instance::held, name), limit(policy),
						sum(all, Instance::waiting, name), policy.methods()));
				case RATE_LIMIT -> buckets.add(bucket(all, policy));
			}
		}
		// Calls at the same time go to Redis together.
		List<Bucket> read = buckets.stream().map(CompletableFuture::join).toList();
		RedisServer redis = this.embeddedRedis.getIfAvailable();
		return new Live(all.stream().map(Instance::name).toList(), locks, semaphores, read,
				this.computations.everywhere(), this.statistics.current(), (redis != null) ? redis.uri() : null);
	}

	private static int limit(PolicyDescription semaphore) {
		Resolved<?> limit = semaphore.values().get("limit");
		return (limit != null && limit.value() instanceof Number number) ? number.intValue() : 0;
	}

	private static int sum(List<Instance> all, Function<Instance, Map<String, Integer>> leases, String policy) {
		return all.stream().mapToInt((instance) -> leases.apply(instance).getOrDefault(policy, 0)).sum();
	}

	private CompletableFuture<Bucket> bucket(List<Instance> all, PolicyDescription policy) {
		String name = policy.name();
		// If each user has a bucket, this is the bucket of the current user.
		long denied = all.stream().mapToLong((instance) -> instance.denied().getOrDefault(name, 0L)).sum();
		return this.rateLimits.peekAsync(RateLimitSpec.of(name))
			.thenApply((decision) -> new Bucket(name, decision.remaining(), decision.limit().burst(), anew(decision),
					denied, policy.methods()));
	}

	private static @Nullable Instant anew(Decision decision) {
		Quota quota = decision.limit().quota();
		// Without a decision there is no time of Redis.
		Instant now = (decision.micros() > 0) ? Instant.EPOCH.plus(decision.micros(), ChronoUnit.MICROS)
				: Instant.now();
		return (quota != null) ? quota.end(now) : null;
	}

	/**
	 * The current state of the guards of all instances.
	 *
	 * @param instances the running instances
	 * @param locks the locks
	 * @param semaphores the semaphores
	 * @param buckets the buckets
	 * @param computed the number of embeddings that were computed
	 * @param statistics the statistics of the company notes, {@code null} if no instance
	 * has counted them yet
	 * @param embeddedRedis the address of the Redis that this instance has started, for a
	 * second instance; {@code null} if this instance has started none
	 */
	record Live(List<String> instances, List<Guard> locks, List<Guard> semaphores, List<Bucket> buckets, long computed,
			@Nullable CorpusStatistics statistics, @Nullable String embeddedRedis) {

	}

	/**
	 * All leases of a policy.
	 *
	 * @param name the name of the policy
	 * @param held the number of leases that calls of the running instances hold
	 * @param limit the number of leases that may be held; for a lock, the number for each
	 * key
	 * @param waiting the number of calls that wait for a lease
	 * @param methods the guarded methods, each with its class and package
	 */
	record Guard(String name, int held, int limit, int waiting, List<String> methods) {

	}

	/**
	 * A bucket.
	 *
	 * @param name the name of the policy
	 * @param remaining the number of tokens that are left
	 * @param burst the number of tokens in the full bucket
	 * @param anew when the count of a quota begins anew, {@code null} for a token bucket
	 * @param denied the number of calls of all users that the instances have denied since
	 * their start
	 * @param methods the guarded methods, each with its class and package
	 */
	record Bucket(String name, long remaining, @JsonProperty("limit") long burst, @Nullable Instant anew, long denied,
			List<String> methods) {

	}

}
