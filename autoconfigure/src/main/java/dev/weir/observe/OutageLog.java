package dev.weir.observe;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

import dev.weir.core.Log;
import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreListener;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision.Source;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimitListener;
import org.jspecify.annotations.Nullable;

/**
 * Logs the outages of Redis: one warning at the beginning and one line at the end.
 * Thread-safe.
 * <p>
 * The warning contains the cause. The line at the end contains the length of the outage
 * and the outcomes of the calls. An outage begins with the first call that gets no usable
 * answer. The outage is over when Redis has answered for a while without another such
 * call. Single lost calls are logged at most once a minute.
 */
public final class OutageLog implements StoreListener, LeaseListener, RateLimitListener {

	private static final Log logger = Log.of(OutageLog.class);

	/** Causes that need an operator are logged during an outage, too. */
	private static final Pattern NEEDS_AN_OPERATOR = Pattern.compile("WRONGPASS|NOAUTH|NOPERM");

	/**
	 * Minimum time between two lines about lost calls, slow answers or local decisions.
	 */
	private static final Duration PAUSE = Duration.ofMinutes(1);

	/**
	 * An outage is over after this time without a lost call, or after two time-outs if
	 * they are longer.
	 */
	private static final Duration MIN_QUIET = Duration.ofSeconds(1);

	/**
	 * Slow answers are logged if there are this many within {@link #PAUSE}. A cold JVM
	 * has a few.
	 */
	private static final int SLOW_ANSWERS = 20;

	private final String location;

	private final String consequences;

	private final Duration timeout;

	/** Computed once, because {@code Duration} divides by way of BigDecimal. */
	private final Duration slow;

	private final Duration quiet;

	private final LongSupplier clock;

	private final BiConsumer<Duration, Runnable> timer;

	private final Occasional lostCalls = new Occasional(1);

	private final Occasional slowAnswers = new Occasional(SLOW_ANSWERS);

	private final Occasional localDecisions = new Occasional(1);

	private volatile @Nullable Outage outage;

	private volatile boolean closed;

	/**
	 * Creates a log.
	 * @param location the addresses of Redis and where they are configured, without
	 * secrets
	 * @param consequences a sentence about the consequences for calls without an answer
	 * @param timeout the longest time that one call may take
	 * @param clock the time in nanoseconds
	 * @param timer the timer that runs a task after a delay
	 */
	public OutageLog(String location, String consequences, Duration timeout, LongSupplier clock,
			BiConsumer<Duration, Runnable> timer) {
		this.location = location;
		this.consequences = consequences;
		this.timeout = timeout;
		this.slow = timeout.dividedBy(2);
		Duration twice = timeout.multipliedBy(2);
		this.quiet = (twice.compareTo(MIN_QUIET) > 0) ? twice : MIN_QUIET;
		this.clock = clock;
		this.timer = timer;
	}

	@Override
	public void called(String script, Duration time, Outcome outcome) {
		if (outcome != Outcome.UNAVAILABLE) {
			answered(time);
		}
	}

	private void answered(Duration took) {
		Outage current = this.outage;
		if (current != null) {
			answered(current);
		}
		else if (took.compareTo(this.slow) > 0 && this.slowAnswers.isDue()) {
			logger.warn(
					"Redis answers slowly: within one minute, {} calls took more than half of the {} ms after which a "
							+ "call fails ('weir.redis.timeout'). The last of these calls took {} ms. Redis: {}",
					SLOW_ANSWERS, this.timeout.toMillis(), took.toMillis(), this.location);
		}
	}

	private synchronized void answered(Outage current) {
		if (current.answeredAt == null) {
			current.answeredAt = this.clock.getAsLong();
			this.timer.accept(this.quiet, () -> endIfQuiet(current));
		}
	}

	@Override
	public synchronized void failed(String reason) {
		Outage current = this.outage;
		if (current == null) {
			current = new Outage(this.clock.getAsLong());
			this.outage = current;
			if (this.lostCalls.isDue()) {
				warn(current, reason);
			}
		}
		else if (current.logged && NEEDS_AN_OPERATOR.matcher(reason).find() && !reason.equals(current.reason)) {
			warn(current, reason);
		}
		current.failed.increment();
		current.answeredAt = null;
	}

	@Override
	public synchronized void circuitOpened(String master, String reason) {
		Outage current = this.outage;
		if (current != null && !current.logged) {
			warn(current, reason);
		}
	}

	private void warn(Outage current, String reason) {
		if (!this.closed) {
			current.logged = true;
			current.reason = reason;
			logger.warn("{}. Redis: {}. {}", reason, this.location, this.consequences);
		}
	}

	private synchronized void endIfQuiet(Outage current) {
		Long answeredAt = current.answeredAt;
		if (this.outage != current || answeredAt == null
				|| this.clock.getAsLong() - answeredAt < this.quiet.toNanos()) {
			return;
		}
		this.outage = null;
		if (current.logged && !this.closed) {
			logger.info("Redis answers again after {} ms. Meanwhile {}", (answeredAt - current.startedAt) / 1_000_000,
					current.summary());
		}
	}

	@Override
	public void unavailable(LeaseRequest request, OnUnavailable policy) {
		Outage current = this.outage;
		if (current != null) {
			current.of(policy).increment();
		}
	}

	@Override
	public void unavailable(List<Charge> charges) {
		Outage current = this.outage;
		if (current != null) {
			current.of(OnUnavailable.FAIL).increment();
		}
	}

	@Override
	public void decided(Decisions decisions) {
		Outage current = this.outage;
		boolean local = decisions.all().stream().anyMatch((decision) -> decision.source() == Source.LOCAL);
		if (current != null) {
			if (local) {
				current.of(OnUnavailable.LOCAL).increment();
			}
			else if (decisions.all().stream().anyMatch((decision) -> decision.source() == Source.NOBODY)) {
				current.of(OnUnavailable.PROCEED).increment();
			}
		}
		else if (local && this.localDecisions.isDue()) {
			List<String> policies = decisions.all().stream().map((decision) -> decision.policy()).toList();
			// The time-out of the rate limiter can pass a moment before the time-out of
			// the command that begins the outage.
			this.timer.accept(this.timeout, () -> warnOfLocalDecisions(policies));
		}
	}

	private void warnOfLocalDecisions(List<String> policies) {
		if (this.outage == null && !this.closed) {
			logger.warn("This instance decided rate limits by itself although Redis answers: {}", policies);
		}
	}

	/**
	 * Stops logging. Calls that a closing application aborts are not an outage.
	 */
	public void close() {
		this.closed = true;
	}

	/**
	 * Counts occasions. Once per {@link #PAUSE}, the occasion with the given number is
	 * due.
	 */
	private final class Occasional {

		private final int occasions;

		private @Nullable Long since;

		private int count;

		private Occasional(int occasions) {
			this.occasions = occasions;
		}

		private synchronized boolean isDue() {
			long now = OutageLog.this.clock.getAsLong();
			if (this.since == null || now - this.since >= PAUSE.toNanos()) {
				this.since = now;
				this.count = 0;
			}
			this.count++;
			return this.count == this.occasions;
		}

	}

	/**
	 * One outage with the outcomes of the calls during the outage.
	 */
	private static final class Outage {

		private final long startedAt;

		private final LongAdder failed = new LongAdder();

		private final LongAdder rejected = new LongAdder();

		private final LongAdder unguarded = new LongAdder();

		private final LongAdder local = new LongAdder();

		private @Nullable Long answeredAt;

		private boolean logged;

		private @Nullable String reason;

		private Outage(long startedAt) {
			this.startedAt = startedAt;
		}

		private LongAdder of(OnUnavailable policy) {
			return switch (policy) {
				case FAIL -> this.rejected;
				case PROCEED -> this.unguarded;
				case LOCAL -> this.local;
			};
		}

		private String summary() {
			List<String> parts = new ArrayList<>();
			parts.add(this.failed.sum() + " commands got no answer");
			add(parts, this.rejected, "guarded calls were rejected");
			add(parts, this.unguarded, "guarded calls ran unguarded");
			add(parts, this.local, "guarded calls were guarded within this JVM only");
			return String.join(", ", parts);
		}

		private static void add(List<String> parts, LongAdder count, String text) {
			if (count.sum() > 0) {
				parts.add(count.sum() + " " + text);
			}
		}

	}

}
