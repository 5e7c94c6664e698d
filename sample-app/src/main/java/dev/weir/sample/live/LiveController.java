package dev.weir.sample.live;

import java.util.ArrayList;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weir.embeddedredis.RedisServer;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.PolicyDescription;
import dev.weir.policy.Resolved;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.sample.embedding.ComputationCounter;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * What the page shows of all instances.
 */
@RestController
@ConditionalOnLiveView
class LiveController {

	private final Instances instances;

	private final PolicyCatalog policies;

	private final HeldLeases leases;

	private final RateLimitOperations rateLimits;

	private final ComputationCounter computations;

	private final ObjectProvider<RedisServer> embeddedRedis;

	LiveController(Instances instances, PolicyCatalog policies, HeldLeases leases, RateLimitOperations rateLimits,
			ComputationCounter computations, ObjectProvider<RedisServer> embeddedRedis) {
		this.instances = instances;
		this.policies = policies;
		this.leases = leases;
		this.rateLimits = rateLimits;
		this.computations = computations;
		this.embeddedRedis = embeddedRedis;
	}

	@GetMapping("/api/live")
	Live live() {
		List<Instance> all = this.instances.all();
		List<Guard> locks = new ArrayList<>();
		List<Guard> semaphores = new ArrayList<>();
		List<Bucket> buckets = new ArrayList<>();
		for (PolicyDescription policy : this.policies.all()) {
			if (policy.methods().isEmpty()) {
				// Only a property has it.
				continue;
			}
			String name = policy.name();
			switch (policy.kind()) {
				case LOCK -> locks.add(new Guard(name, this.leases.locks(name), 1, waiting(all, name)));
				case SEMAPHORE ->
					semaphores.add(new Guard(name, this.leases.permits(name), limit(policy), waiting(all, name)));
				case RATE_LIMIT -> buckets.add(bucket(all, name));
			}
		}
		RedisServer redis = this.embeddedRedis.getIfAvailable();
		return new Live(all.stream().map(Instance::name).toList(), locks, semaphores, buckets,
				this.computations.everywhere(), (redis != null) ? redis.uri() : null);
	}

	private static int limit(PolicyDescription semaphore) {
		Resolved<?> limit = semaphore.values().get("limit");
		return (limit != null && limit.value() instanceof Number number) ? number.intValue() : 0;
	}

	private static int waiting(List<Instance> all, String policy) {
		return all.stream().mapToInt((instance) -> instance.waiting().getOrDefault(policy, 0)).sum();
	}

	private Bucket bucket(List<Instance> all, String name) {
		// Where each user has a bucket, that of who asks.
		Decision decision = this.rateLimits.peek(RateLimitSpec.of(name));
		long denied = all.stream().mapToLong((instance) -> instance.denied().getOrDefault(name, 0L)).sum();
		return new Bucket(name, decision.remaining(), decision.limit().burst(), denied);
	}

	/**
	 * What the guards of all instances are doing.
	 *
	 * @param instances the instances that run
	 * @param locks the locks
	 * @param semaphores the semaphores
	 * @param buckets the buckets
	 * @param computed how many embeddings were computed
	 * @param embeddedRedis where a second instance finds the Redis that this instance has
	 * started, {@code null} if it has started none
	 */
	record Live(List<String> instances, List<Guard> locks, List<Guard> semaphores, List<Bucket> buckets, long computed,
			@Nullable String embeddedRedis) {

	}

	/**
	 * All leases of a policy.
	 *
	 * @param name the name of the policy
	 * @param held how many are held, those of crashed holders included
	 * @param limit how many may be held, of a lock for each key
	 * @param waiting how many calls wait for one
	 */
	record Guard(String name, int held, int limit, int waiting) {

	}

	/**
	 * A bucket.
	 *
	 * @param name the name of the policy
	 * @param remaining how many tokens are left
	 * @param burst how many tokens it holds when it is full
	 * @param denied how many calls the instances have denied since they were started,
	 * whoever made them
	 */
	record Bucket(String name, long remaining, @JsonProperty("limit") long burst, long denied) {

	}

}
