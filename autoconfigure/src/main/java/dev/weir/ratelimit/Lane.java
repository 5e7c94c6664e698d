package dev.weir.ratelimit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The steps that wait for a group of buckets. Buckets that were ever part of one step
 * belong to the same group. One call of the group is on its way at a time; the next one
 * takes all waiting steps. Guarded by the lock of the {@link Buckets}.
 */
final class Lane {

	/**
	 * How many buckets the steps of one call may read, counted once for each step. Bounds
	 * the time for which one call keeps Redis busy.
	 */
	private static final int MAX_LOOKS = 250;

	private final StoreClock clock;

	private final Deque<Task<?>> waiting = new ArrayDeque<>();

	private int flying;

	private @Nullable Lane mergedInto;

	/**
	 * Creates the lane of one bucket.
	 * @param clock the clock of its slot
	 */
	Lane(StoreClock clock) {
		this.clock = clock;
	}

	StoreClock clock() {
		return this.clock;
	}

	Lane current() {
		Lane lane = this;
		while (lane.mergedInto != null) {
			lane = lane.mergedInto;
		}
		if (lane != this) {
			this.mergedInto = lane;
		}
		return lane;
	}

	/**
	 * Merges the lanes of some cells.
	 * @param cells the cells, at least one
	 * @return the lane
	 */
	static Lane uniting(List<Cell> cells) {
		Lane lane = cells.get(0).lane();
		for (Cell cell : cells) {
			Lane other = cell.lane();
			if (other != lane) {
				lane.waiting.addAll(other.waiting);
				other.waiting.clear();
				// This lane handles the answers to the calls of both.
				lane.flying += other.flying;
				other.mergedInto = lane;
			}
		}
		return lane;
	}

	void add(Task<?> task) {
		this.waiting.add(task);
	}

	/**
	 * Returns the next flight.
	 * @return the flight, {@code null} if one is on its way or no step waits
	 */
	@Nullable Flight next() {
		if (this.flying > 0) {
			return null;
		}
		Flight flight = new Flight(this);
		board(flight);
		if (flight.tasks().isEmpty()) {
			return null;
		}
		this.flying++;
		return flight;
	}

	/**
	 * Adds the waiting steps to a flight that must be sent again.
	 * @param flight the flight
	 */
	void join(Flight flight) {
		// A call of a merged lane may still be on its way and change the buckets of that
		// lane.
		if (this.flying == 1) {
			board(flight);
		}
	}

	private void board(Flight flight) {
		int looks = 0;
		for (Task<?> task : flight.tasks()) {
			looks += task.cells().size();
		}
		while (!this.waiting.isEmpty() && looks < MAX_LOOKS) {
			Task<?> task = this.waiting.remove();
			if (task.isGivenUp()) {
				task.unpin();
			}
			else {
				looks += task.cells().size();
				flight.add(task);
			}
		}
	}

	void landed() {
		this.flying--;
	}

	/**
	 * Removes all waiting tasks.
	 * @return the tasks
	 */
	List<Task<?>> drain() {
		List<Task<?>> tasks = new ArrayList<>(this.waiting);
		this.waiting.clear();
		return tasks;
	}

}
