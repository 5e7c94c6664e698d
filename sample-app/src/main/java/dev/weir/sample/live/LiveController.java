package dev.weir.sample.live;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.sample.embedding.ComputationCounter;

import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * What the page shows of all instances.
 */
@RestController
@ConditionalOnBooleanProperty(name = "sample.live.enabled", matchIfMissing = true)
class LiveController {

	private final Instances instances;

	private final HeldLeases leases;

	private final RateLimitOperations rateLimits;

	private final ComputationCounter computations;

	LiveController(Instances instances, HeldLeases leases, RateLimitOperations rateLimits,
			ComputationCounter computations) {
		this.instances = instances;
		this.leases = leases;
		this.rateLimits = rateLimits;
		this.computations = computations;
	}

	@GetMapping("/api/live")
	Live live() {
		List<Instance> all = this.instances.all();
		List<Guard> locks = GuardedCalls.LOCKS.stream()
			.map((name) -> new Guard(name, this.leases.locks(name), 1, waiting(all, name)))
			.toList();
		List<Guard> semaphores = GuardedCalls.SEMAPHORES.stream()
			.map((name) -> new Guard(name, this.leases.permits(name), this.leases.limit(name), waiting(all, name)))
			.toList();
		List<Bucket> buckets = Instances.RATE_LIMITS.stream().map((name) -> bucket(all, name)).toList();
		return new Live(all.stream().map(Instance::name).toList(), locks, semaphores, buckets,
				this.computations.everywhere());
	}

	private static int waiting(List<Instance> all, String guard) {
		return all.stream().mapToInt((instance) -> instance.waiting().getOrDefault(guard, 0)).sum();
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
	 */
	record Live(List<String> instances, List<Guard> locks, List<Guard> semaphores, List<Bucket> buckets,
			long computed) {

	}

	/**
	 * All leases of a policy.
	 *
	 * @param name the name of the policy
	 * @param held how many are held, those of crashed holders included
	 * @param limit how many may be held, of a lock for each key
	 * @param waiting how many calls wait for one
	 */
	record Guard(String name, long held, int limit, int waiting) {

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
