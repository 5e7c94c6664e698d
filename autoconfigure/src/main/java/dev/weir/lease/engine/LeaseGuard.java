package dev.weir.lease.engine;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;

/**
 * The leases that a call needs before it runs, and how the call goes on without them.
 *
 * @param requests the leases, at least one; a call acquires all of them or none, in the
 * order of their keys, so that two calls never wait for each other
 * @param onUnavailable how the call continues if the store does not answer
 * @param onLost how the call ends if a lease was lost and the call returned normally
 * @param waitRoom where the call waits
 */
public record LeaseGuard(List<LeaseRequest> requests, OnUnavailable onUnavailable, OnLost onLost, WaitRoom waitRoom) {

	public LeaseGuard {
		if (requests.isEmpty()) {
			throw new IllegalArgumentException("A guard needs at least one lease");
		}
		if (requests.size() > 1) {
			requests = requests.stream().sorted(Comparator.comparing((request) -> request.key().value())).toList();
			requireDistinctKeys(requests);
		}
	}

	/**
	 * Creates a guard whose call can always wait.
	 * @param requests the leases, at least one
	 * @param onUnavailable how the call continues if the store does not answer
	 * @param onLost how the call ends if a lease was lost and the call returned normally
	 */
	public LeaseGuard(List<LeaseRequest> requests, OnUnavailable onUnavailable, OnLost onLost) {
		this(requests, onUnavailable, onLost, WaitRoom.UNBOUNDED);
	}

	/**
	 * Creates a guard of one lease.
	 * @param request the lease
	 * @param onUnavailable how the call continues if the store does not answer
	 * @param onLost how the call ends if the lease was lost and the call returned
	 * normally
	 */
	public LeaseGuard(LeaseRequest request, OnUnavailable onUnavailable, OnLost onLost) {
		this(List.of(request), onUnavailable, onLost);
	}

	private static void requireDistinctKeys(List<LeaseRequest> requests) {
		if (requests.stream().map(LeaseRequest::key).distinct().count() < requests.size()) {
			throw new IllegalArgumentException("A guard must not ask for the same key twice");
		}
	}

	/**
	 * Returns a copy of this guard that does not wait.
	 * @return a guard with a wait time of zero
	 */
	public LeaseGuard withoutWaiting() {
		return new LeaseGuard(
				this.requests.stream().map((request) -> request.within(request.timeout(), Duration.ZERO)).toList(),
				this.onUnavailable, this.onLost, this.waitRoom);
	}

	/**
	 * Returns a copy of this guard whose call can always wait.
	 * @return a guard without a bound for waiting callers
	 */
	public LeaseGuard withoutWaitRoom() {
		return new LeaseGuard(this.requests, this.onUnavailable, this.onLost);
	}

	/**
	 * Returns the request that messages name on behalf of all requests.
	 * @return the first request
	 */
	LeaseRequest first() {
		return this.requests.get(0);
	}

}
