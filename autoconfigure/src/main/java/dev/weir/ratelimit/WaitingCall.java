package dev.weir.ratelimit;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import dev.weir.ratelimit.BucketStore.PauseChange;
import dev.weir.ratelimit.Decision.Source;

/**
 * A call that waits for tokens that it has taken of the near future. The owner guards all
 * methods but {@link #end} by a lock.
 */
final class WaitingCall {

	private final List<Charge> charges;

	private final Decisions decisions;

	private final long answeredAt;

	private final Consumer<Decisions> then;

	/** When the tokens of each bucket are there, in microseconds from its decision on. */
	private final long[] dues;

	/** How much later the call goes on, so that it does not overtake another one. */
	private long behindNanos;

	private long number;

	private long at;

	/**
	 * Creates a call.
	 * @param charges its charges
	 * @param decisions the decisions of these charges, which allow the call
	 * @param answeredAt when the answer of the store arrived, by the monotonic clock
	 * @param then receives the decisions at the end of the wait, denials if a pause
	 * denies the call
	 */
	WaitingCall(List<Charge> charges, Decisions decisions, long answeredAt, Consumer<Decisions> then) {
		this.charges = charges;
		this.decisions = decisions;
		this.answeredAt = answeredAt;
		this.then = then;
		this.dues = decisions.all().stream().mapToLong((decision) -> micros(decision.due())).toArray();
	}

	private static long micros(Duration time) {
		// Rounded up, so that no call goes on before its tokens are there.
		return time.plusNanos(999).toNanos() / 1000;
	}

	private long longest() {
		long longest = 0;
		for (long due : this.dues) {
			longest = Math.max(longest, due);
		}
		return longest;
	}

	boolean waits() {
		return longest() > 0;
	}

	/**
	 * Begins the wait.
	 * @param number the number of the call, for the order of calls of the same time
	 */
	void begin(long number) {
		this.number = number;
		setTime();
	}

	/**
	 * Returns whether the store has decided this call before another one.
	 * @param other a call that waits for the same bucket
	 * @return whether this call must not go on after the other one
	 */
	boolean isBefore(WaitingCall other) {
		Decision mine = this.decisions.all().get(bucket());
		Decision theirs = other.decisions.all().get(other.bucket());
		// The clocks of two stores differ.
		return mine.source() == theirs.source() && mine.micros() < theirs.micros();
	}

	/**
	 * Makes the call go on no earlier than another one, unless it would then wait longer
	 * than it may.
	 * @param earliest when the other call goes on
	 */
	void notBefore(long earliest) {
		long behind = Math.min(earliest - this.at, this.answeredAt + waitTime().toNanos() - this.at);
		if (behind > 0) {
			this.behindNanos += behind;
			setTime();
		}
	}

	private Duration waitTime() {
		return this.charges.stream()
			.map(Charge::waitTime)
			.filter((waitTime) -> !waitTime.isZero())
			.min(Comparator.naturalOrder())
			.orElse(Duration.ZERO);
	}

	private void setTime() {
		this.at = this.answeredAt + TimeUnit.MICROSECONDS.toNanos(longest()) + this.behindNanos;
	}

	long at() {
		return this.at;
	}

	long number() {
		return this.number;
	}

	/**
	 * Returns the key of the bucket for whose tokens the call waited the longest when it
	 * was decided.
	 * @return the key
	 */
	String key() {
		return this.charges.get(bucket()).key();
	}

	private int bucket() {
		int longest = 0;
		for (int i = 1; i < this.charges.size(); i++) {
			if (this.decisions.all().get(i).due().compareTo(this.decisions.all().get(longest).due()) > 0) {
				longest = i;
			}
		}
		return longest;
	}

	boolean concerns(String key) {
		return this.charges.stream().anyMatch((charge) -> charge.key().equals(key));
	}

	/**
	 * Returns whether the call was decided before a pause changed.
	 * @param change the change
	 * @param source the store that made the change
	 * @return whether the bucket decided the call, and did not know the change
	 */
	boolean isDecidedBefore(PauseChange change, Source source) {
		for (int i = 0; i < this.charges.size(); i++) {
			Decision decision = this.decisions.all().get(i);
			if (this.charges.get(i).key().equals(change.key()) && decision.source() == source
					&& decision.micros() <= change.micros()) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Makes the call go on later or earlier, because a pause has begun, lasts longer or
	 * was lifted.
	 * @param change the change; has no effect if its bucket knew it already when it
	 * decided the call
	 * @param source the store that made the change. The clocks of two stores differ, so a
	 * change of the other one begins now
	 * @param now the time by the monotonic clock
	 */
	void move(PauseChange change, Source source, long now) {
		for (int i = 0; i < this.dues.length; i++) {
			Decision decision = this.decisions.all().get(i);
			boolean taken = decision.allowed() && !decision.shadow() && decision.source() != Source.NOBODY;
			if (!taken || !this.charges.get(i).key().equals(change.key())) {
				continue;
			}
			long begin = (decision.source() == source) ? change.micros() - decision.micros()
					: TimeUnit.NANOSECONDS.toMicros(now - this.answeredAt);
			long shift = micros(change.shift());
			if (begin >= 0) {
				this.dues[i] = (shift >= 0) ? Math.max(this.dues[i], begin) + shift
						: Math.max(this.dues[i] + shift, begin);
			}
		}
		setTime();
	}

	/**
	 * Returns whether the call would wait longer than it may.
	 * @return whether a pause denies the call
	 */
	boolean isDenied() {
		for (int i = 0; i < this.dues.length; i++) {
			if (isDenied(i)) {
				return true;
			}
		}
		return false;
	}

	private boolean isDenied(int bucket) {
		return this.dues[bucket] > Math.max(micros(this.charges.get(bucket).waitTime()),
				micros(this.decisions.all().get(bucket).due()));
	}

	/**
	 * Ends the wait.
	 */
	void end() {
		List<Decision> last = new ArrayList<>(this.dues.length);
		for (int i = 0; i < this.dues.length; i++) {
			Decision decision = this.decisions.all().get(i);
			Duration due = Duration.of(this.dues[i], ChronoUnit.MICROS);
			if (isDenied(i)) {
				Duration waited = Duration.ofNanos(System.nanoTime() - this.answeredAt);
				last.add(decision.deniedFor(due.minus(waited)));
			}
			else {
				last.add((this.dues[i] != micros(decision.due())) ? decision.withDue(due) : decision);
			}
		}
		this.then.accept(new Decisions(last));
	}

}
