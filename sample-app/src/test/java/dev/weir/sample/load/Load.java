package dev.weir.sample.load;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How much load there is, and for how long.
 *
 * @param users the number of users
 * @param pause the time between the requests of a user
 * @param time the duration of the load
 * @param end the file whose creation ends the load, {@code null} for none
 * @param outage whether Redis goes away during the load; before it, the embeddings of all
 * texts are computed
 */
public record Load(int users, Duration pause, Duration time, Path end, boolean outage) {

	/** 24 users for 20 seconds. */
	public static final Load DEFAULT = new Load(24, Duration.ZERO, Duration.ofSeconds(20), null, false);

	Load users(int number) {
		return new Load(number, this.pause, this.time, this.end, this.outage);
	}

	Load pause(Duration duration) {
		return new Load(this.users, duration, this.time, this.end, this.outage);
	}

	/**
	 * Sets the duration.
	 * @param duration the duration
	 * @return the load
	 */
	public Load time(Duration duration) {
		return new Load(this.users, this.pause, duration, this.end, this.outage);
	}

	Load until(Path file) {
		return new Load(this.users, this.pause, Duration.ofMinutes(5), file, this.outage);
	}

	Load withOutage() {
		return new Load(this.users, this.pause, this.time, this.end, true);
	}

	boolean isOver(long start) {
		return System.nanoTime() - start > this.time.toNanos() || (this.end != null && Files.exists(this.end));
	}

}
