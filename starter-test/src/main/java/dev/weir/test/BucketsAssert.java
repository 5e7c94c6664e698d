package dev.weir.test;

import java.util.List;

import dev.weir.ratelimit.BucketLevel;
import org.assertj.core.api.AbstractAssert;

/**
 * AssertJ assertions on buckets.
 */
public final class BucketsAssert extends AbstractAssert<BucketsAssert, TestWeir> {

	BucketsAssert(TestWeir weir) {
		super(weir, BucketsAssert.class);
	}

	/**
	 * Verifies how many tokens are left in the only bucket of a policy from which tokens
	 * were taken.
	 * @param name the name of the policy
	 * @param tokens the expected number
	 * @return this
	 */
	public BucketsAssert hasRemaining(String name, long tokens) {
		List<BucketLevel> levels = this.actual.buckets().levels(this.actual.keyOf(name));
		if (levels.size() != 1) {
			throw failure("Expected one bucket of '%s' from which tokens were taken, but found %s", name, levels);
		}
		long remaining = levels.get(0).remaining();
		if (remaining != tokens) {
			throw failureWithActualExpected(remaining, tokens,
					"Expected %s tokens in the bucket of '%s', but it has %s", tokens, name, remaining);
		}
		return this;
	}

	/**
	 * Verifies how many tokens the only bucket of a policy lacks that calls have used
	 * beyond their estimates, or for which calls wait.
	 * @param name the name of the policy
	 * @param tokens the expected number
	 * @return this
	 */
	public BucketsAssert hasDebt(String name, long tokens) {
		List<BucketLevel> levels = this.actual.buckets().levels(this.actual.keyOf(name));
		long debt = levels.stream().mapToLong(BucketLevel::debt).sum();
		if (levels.size() > 1 || debt != tokens) {
			throw failureWithActualExpected(debt, tokens,
					"Expected a debt of %s tokens in the bucket of '%s', but found %s", tokens, name, levels);
		}
		return this;
	}

	/**
	 * Verifies that a bucket of a policy is paused.
	 * @param name the name of the policy
	 * @return this
	 */
	public BucketsAssert isPaused(String name) {
		List<BucketLevel> levels = this.actual.buckets().levels(this.actual.keyOf(name));
		if (levels.stream().allMatch((level) -> level.pause().isZero())) {
			throw failure("Expected a bucket of '%s' to be paused, but found %s", name, levels);
		}
		return this;
	}

	/**
	 * Verifies that all buckets of a policy are full.
	 * @param name the name of the policy
	 * @return this
	 */
	public BucketsAssert isFull(String name) {
		List<BucketLevel> levels = this.actual.buckets()
			.levels(this.actual.keyOf(name))
			.stream()
			.filter((level) -> level.remaining() < level.limit().burst())
			.toList();
		if (!levels.isEmpty()) {
			throw failure("Expected all buckets of '%s' to be full, but these are not: %s", name, levels);
		}
		return this;
	}

}
