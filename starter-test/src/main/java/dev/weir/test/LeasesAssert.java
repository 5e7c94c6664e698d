package dev.weir.test;

import java.util.List;

import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKind;
import org.assertj.core.api.AbstractAssert;

/**
 * AssertJ assertions on leases of one kind.
 */
public final class LeasesAssert extends AbstractAssert<LeasesAssert, TestWeir> {

	private final LeaseKind kind;

	LeasesAssert(TestWeir weir, LeaseKind kind) {
		super(weir, LeasesAssert.class);
		this.kind = kind;
	}

	/**
	 * Verifies that a lease of a policy is held.
	 * @param name the name of the policy
	 * @return this
	 */
	public LeasesAssert isHeld(String name) {
		if (holders(name).isEmpty()) {
			throw failure("Expected the %s '%s' to be held, but it is free", this.kind, name);
		}
		return this;
	}

	/**
	 * Verifies that the lease of a policy for a key is held.
	 * @param name the name of the policy
	 * @param key the value of its key expression
	 * @return this
	 */
	public LeasesAssert isHeld(String name, String key) {
		return isHeld(name + ":" + key);
	}

	/**
	 * Verifies that no lease of a policy is held.
	 * @param name the name of the policy
	 * @return this
	 */
	public LeasesAssert isFree(String name) {
		List<LeaseDirectory.Place> holders = holders(name);
		if (!holders.isEmpty()) {
			throw failure("Expected the %s '%s' to be free, but it is held by %s", this.kind, name,
					holders.stream().map((place) -> place.key().value() + ": " + place.holder()).toList());
		}
		return this;
	}

	/**
	 * Verifies that the lease of a policy for a key is not held.
	 * @param name the name of the policy
	 * @param key the value of its key expression
	 * @return this
	 */
	public LeasesAssert isFree(String name, String key) {
		return isFree(name + ":" + key);
	}

	/**
	 * Verifies how many leases of a policy are held, for all of its keys together.
	 * @param name the name of the policy
	 * @param count the expected number
	 * @return this
	 */
	public LeasesAssert hasHolders(String name, int count) {
		int holders = holders(name).size();
		if (holders != count) {
			throw failureWithActualExpected(holders, count, "Expected %s holders of the %s '%s', but there are %s",
					count, this.kind, name, holders);
		}
		return this;
	}

	/**
	 * Verifies how many calls were skipped since the test began, because they found the
	 * lease busy.
	 * @param name the name of the policy; {@code leader:} and the name of the role for
	 * methods that run on its leader
	 * @param count the expected number
	 * @return this
	 */
	public LeasesAssert hasSkipped(String name, int count) {
		int skipped = this.actual.skipped().of(this.kind, name);
		if (skipped != count) {
			throw failureWithActualExpected(skipped, count,
					"Expected %s skipped calls of the %s '%s', but there are %s", count, this.kind, name, skipped);
		}
		return this;
	}

	private List<LeaseDirectory.Place> holders(String name) {
		return this.actual.leases()
			.places(this.actual.keyOf(name))
			.stream()
			.filter((place) -> place.key().kind() == this.kind)
			.toList();
	}

}
