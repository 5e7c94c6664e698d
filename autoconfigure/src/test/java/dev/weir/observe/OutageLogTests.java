package dev.weir.observe;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreListener;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.ratelimit.RateLimit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OutageLog} with sequences of answers, on a clock that the test moves.
 */
@ExtendWith(OutputCaptureExtension.class)
class OutageLogTests {

	private final AtomicLong now = new AtomicLong();

	private final TreeMap<Long, Runnable> timer = new TreeMap<>();

	private final OutageLog log = new OutageLog("somewhere:6379", "Calls are rejected", Duration.ofMillis(500),
			this.now::get, (delay, task) -> this.timer.put(this.now.get() + delay.toNanos(), task));

	@Test
	void logsTheBeginningAndTheEndOfAnOutageOnce(CapturedOutput output) {
		for (int i = 0; i < 100; i++) {
			this.log.failed("Redis is not reachable: Connection refused");
			this.log.circuitOpened("redis", "Redis is not reachable: Connection refused");
			pass(Duration.ofMillis(200));
		}
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		pass(Duration.ofSeconds(2));
		assertThat(lines(output)).containsExactly(
				"WARN Redis is not reachable: Connection refused. Redis: somewhere:6379. Calls are rejected",
				"INFO Redis answers again after 20000 ms. Meanwhile 100 commands got no answer");
	}

	@Test
	void lateFailuresBelongToTheSameOutage(CapturedOutput output) {
		this.log.failed("Redis did not answer in time");
		pass(Duration.ofSeconds(5));
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		this.log.failed("Redis did not answer in time");
		pass(Duration.ofMillis(300));
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		this.log.failed("Redis did not answer in time");
		this.log.circuitOpened("redis", "Redis did not answer in time");
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		pass(Duration.ofSeconds(2));
		assertThat(lines(output)).hasSize(2);
		assertThat(lines(output).get(1)).contains("after 5300 ms").contains("3 commands");
	}

	@Test
	void anOutageIsOverWhenRedisHasAnsweredForAWhile(CapturedOutput output) {
		this.log.failed("Redis did not answer in time");
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		pass(Duration.ofMillis(500));
		this.log.failed("Redis did not answer in time");
		pass(Duration.ofMillis(300));
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		// One second has passed since the first answer, but not since the last answer.
		pass(Duration.ofMillis(400));
		this.log.failed("Redis did not answer in time");
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		pass(Duration.ofSeconds(2));
		assertThat(lines(output)).hasSize(2);
		assertThat(lines(output).get(1)).contains("after 1200 ms").contains("3 commands");
	}

	@Test
	void countsTheConsequencesForCallers(CapturedOutput output) {
		this.log.failed("Redis did not answer in time");
		LeaseRequest request = new LeaseRequest("name", new LeaseKey(LeaseKind.LOCK, "key"), 1, null, Duration.ZERO,
				false, "test");
		this.log.unavailable(request, OnUnavailable.FAIL);
		this.log.unavailable(request, OnUnavailable.FAIL);
		this.log.unavailable(List.of());
		this.log.unavailable(request, OnUnavailable.PROCEED);
		this.log.unavailable(request, OnUnavailable.LOCAL);
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		pass(Duration.ofSeconds(2));
		assertThat(lines(output).get(1)).endsWith("1 commands got no answer, 3 guarded calls were rejected, "
				+ "1 guarded calls ran unguarded, 1 guarded calls were guarded within this JVM only");
	}

	@Test
	void logsSingleLostCallsOnceAMinuteAndOutagesAlways(CapturedOutput output) {
		for (int i = 0; i < 5; i++) {
			blip();
		}
		assertThat(lines(output)).hasSize(2);
		this.log.failed("Redis did not answer in time");
		this.log.circuitOpened("redis", "Redis did not answer in time");
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		pass(Duration.ofSeconds(2));
		assertThat(lines(output)).hasSize(4);
		pass(Duration.ofMinutes(1));
		blip();
		assertThat(lines(output)).hasSize(6);
	}

	@Test
	void logsACauseThatNeedsAnOperatorAlsoWithinAnOutage(CapturedOutput output) {
		this.log.failed("Redis is not reachable: Connection refused");
		for (int i = 0; i < 5; i++) {
			this.log.failed("Redis refused a call: WRONGPASS invalid username-password pair");
			this.log.failed("Redis did not answer in time");
		}
		assertThat(lines(output)).hasSize(2);
		assertThat(lines(output).get(1)).contains("WRONGPASS");
	}

	@Test
	void logsSlowAnswersOnlyIfThereAreMany(CapturedOutput output) {
		for (int i = 0; i < 19; i++) {
			this.log.called("ping", Duration.ofMillis(300), StoreListener.Outcome.ANSWERED);
		}
		pass(Duration.ofMinutes(1));
		for (int i = 0; i < 50; i++) {
			this.log.called("ping", Duration.ofMillis(200), StoreListener.Outcome.ANSWERED);
		}
		assertThat(lines(output)).isEmpty();
		for (int i = 0; i < 50; i++) {
			this.log.called("ping", Duration.ofMillis(400), StoreListener.Outcome.ANSWERED);
		}
		assertThat(lines(output)).hasSize(1).first().asString().contains("Redis answers slowly").contains("400 ms");
	}

	@Test
	void logsNothingWhenTheApplicationCloses(CapturedOutput output) {
		this.log.close();
		this.log.failed("This application shuts down");
		this.log.circuitOpened("redis", "This application shuts down");
		assertThat(lines(output)).isEmpty();
	}

	@Test
	void logsALocalDecisionWhileRedisAnswers(CapturedOutput output) {
		decideLocally();
		pass(Duration.ofSeconds(1));
		assertThat(lines(output))
			.containsExactly("WARN This instance decided rate limits by itself although Redis answers: [chat]");
	}

	@Test
	void aLocalDecisionAMomentBeforeTheFirstLostCallBelongsToTheOutage(CapturedOutput output) {
		decideLocally();
		pass(Duration.ofMillis(2));
		this.log.failed("Redis did not answer in time");
		this.log.circuitOpened("redis", "Redis did not answer in time");
		pass(Duration.ofSeconds(1));
		assertThat(lines(output)).hasSize(1).first().asString().startsWith("WARN Redis did not answer in time");
	}

	private void decideLocally() {
		this.log.decided(new Decisions(List.of(new Decision("chat", RateLimit.of(10, Duration.ofMinutes(1)), 1, true, 9,
				Duration.ZERO, Duration.ZERO, false, Decision.Source.LOCAL))));
	}

	private void blip() {
		this.log.failed("Redis did not answer in time");
		this.log.called("ping", Duration.ofMillis(1), StoreListener.Outcome.ANSWERED);
		pass(Duration.ofSeconds(2));
	}

	private void pass(Duration duration) {
		long end = this.now.get() + duration.toNanos();
		while (!this.timer.isEmpty() && this.timer.firstKey() <= end) {
			Map.Entry<Long, Runnable> due = this.timer.pollFirstEntry();
			this.now.set(due.getKey());
			due.getValue().run();
		}
		this.now.set(end);
	}

	private static List<String> lines(CapturedOutput output) {
		return output.getOut()
			.lines()
			.filter((line) -> line.contains("OutageLog"))
			.map((line) -> (line.contains("WARN") ? "WARN" : "INFO") + line.substring(line.indexOf("OutageLog: ") + 10))
			.toList();
	}

}
