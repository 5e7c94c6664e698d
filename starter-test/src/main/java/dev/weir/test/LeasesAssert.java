package dev.weir.test;

import java.util.List;

import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKind;
import org.assertj.core.api.AbstractAssert;

/**
 * AssertJ assertions of leases of one kind.
 */
public final class LeasesAssert extends AbstractAssert<LeasesAssert, TestWeir> {

	private final LeaseKind kind;

	LeasesAssert(TestWeir weir, LeaseKind kind) {
		super(weir, LeasesAssert.class);
		this.kind = kind;
	}

	/**
	 * Verifies that somebody holds a lease of a policy.
	 * @param name the name of the policy
	 * @return this
	 */
	public LeasesAssert isHeld(String name) {
		if (holders(name).isEmpty()) {
			throw failure("Expected that somebody holds the %s '%s', but nobody does", this.kind, name);
		}
		return this;
	}

	/**
	 * Verifies that somebody holds the lease of a policy for a key.
	 * @param name the name of the policy
	 * @param key the value of its key expression
	 * @return this
	 */
	public LeasesAssert isHeld(String name, String key) {
		return isHeld(name + ":" + key);
	}

	/**
	 * Verifies that nobody holds a lease of a policy.
	 * @param name the name of the policy
	 * @return this
	 */
	public LeasesAssert isFree(String name) {
		List<LeaseDirectory.Place> holders = holders(name);
		if (!holders.isEmpty()) {
			throw failure("Expected that nobody holds the %s '%s', but it is held by %s", this.kind, name,
					holders.stream().map((place) -> place.key().value() + ": " + place.holder()).toList());
		}
		return this;
	}

	/**
	 * Verifies that nobody holds the lease of a policy for a key.
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
	 * @param count how many
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

	private List<LeaseDirectory.Place> holders(String name) {
		return this.actual.leases()
			.places(this.actual.keyOf(name))
			.stream()
			.filter((place) -> place.key().kind() == this.kind)
			.toList();
	}

}
