package dev.weir.ratelimit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The steps that wait for buckets which were ever part of one step. One call is on its
 * way at a time, and takes along all who wait. Guarded by the lock of the
 * {@link Buckets}.
 */
final class Lane {

	/**
	 * How many buckets the steps of one call may look at, each counted as often as steps
	 * do: bounds for how long Redis is kept busy by one call.
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
	 * Makes one lane of the lanes of some cells.
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
				// Calls that are on their way for either part land here.
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
	 * Takes the next flight.
	 * @return the flight, {@code null} if one is on its way or nobody waits
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
	 * Lets those who wait join a flight that must be sent again.
	 * @param flight the flight
	 */
	void join(Flight flight) {
		// Until all calls of merged lanes have landed, their buckets are not ours.
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
	 * Takes all who wait.
	 * @return the tasks
	 */
	List<Task<?>> drain() {
		List<Task<?>> tasks = new ArrayList<>(this.waiting);
		this.waiting.clear();
		return tasks;
	}

}
