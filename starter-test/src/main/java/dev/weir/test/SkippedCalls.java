package dev.weir.test;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;

/**
 * Counts the calls that were skipped since the test began.
 */
final class SkippedCalls implements LeaseListener {

	private final Map<Policy, Integer> counts = new ConcurrentHashMap<>();

	@Override
	public void skipped(LeaseKind kind, String policy) {
		this.counts.merge(new Policy(kind, policy), 1, Integer::sum);
	}

	int of(LeaseKind kind, String policy) {
		return this.counts.getOrDefault(new Policy(kind, policy), 0);
	}

	void clear() {
		this.counts.clear();
	}

	private record Policy(LeaseKind kind, String name) {

	}

}
