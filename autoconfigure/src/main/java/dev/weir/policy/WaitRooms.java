package dev.weir.policy;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;

import dev.weir.lease.LeaseKind;
import dev.weir.lease.engine.WaitRoom;
import org.jspecify.annotations.Nullable;

/**
 * Decides which callers wait at the same time. Without a bound, callers that wait for one
 * busy key would occupy all request threads of a server, and no other request would be
 * handled. Thread-safe.
 * <p>
 * A policy with {@code max-waiters} has a room of its own. All other callers that handle
 * web requests share one room. Callers that handle no web request, such as scheduled
 * tasks, are not bounded.
 */
public final class WaitRooms {

	private static final String REQUESTS = "";

	private final int maxRequests;

	private final BooleanSupplier handlesRequest;

	/** How many callers wait, by room. A room without callers has no entry. */
	private final ConcurrentMap<String, Integer> waiting = new ConcurrentHashMap<>();

	/**
	 * Creates rooms.
	 * @param maxRequests how many web requests can wait for policies without a room of
	 * their own
	 * @param handlesRequest returns whether the current thread handles a web request
	 */
	public WaitRooms(int maxRequests, BooleanSupplier handlesRequest) {
		this.maxRequests = maxRequests;
		this.handlesRequest = handlesRequest;
	}

	/**
	 * Creates rooms of an application that handles no web requests.
	 */
	public WaitRooms() {
		this(0, () -> false);
	}

	/**
	 * Returns the room in which the current thread can wait.
	 * @param kind the kind of the policy
	 * @param name the name of the policy
	 * @param maxWaiters how many callers can wait for the policy, {@code null} if this is
	 * not set
	 * @return the room
	 */
	WaitRoom of(LeaseKind kind, String name, @Nullable Integer maxWaiters) {
		if (maxWaiters != null) {
			return new Room(kind + " " + name, maxWaiters);
		}
		return this.handlesRequest.getAsBoolean() ? new Room(REQUESTS, this.maxRequests) : WaitRoom.UNBOUNDED;
	}

	/**
	 * One room, with the bound that was in force when its caller arrived.
	 */
	private final class Room implements WaitRoom {

		private final String name;

		private final int max;

		private Room(String name, int max) {
			this.name = name;
			this.max = max;
		}

		@Override
		public boolean enter() {
			boolean[] entered = new boolean[1];
			WaitRooms.this.waiting.compute(this.name, (room, callers) -> {
				int before = (callers != null) ? callers : 0;
				if (before >= this.max) {
					return callers;
				}
				entered[0] = true;
				return before + 1;
			});
			return entered[0];
		}

		@Override
		public void leave() {
			WaitRooms.this.waiting.computeIfPresent(this.name, (room, callers) -> (callers != 1) ? callers - 1 : null);
		}

	}

}
