package dev.weir.test;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.Semaphore;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseBusyException;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseUnavailableException;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.observe.LeaseLostEvent;
import dev.weir.observe.StoreUnavailableEvent;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.RateLimitUnavailableException;
import dev.weir.ratelimit.Reservation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.junit.jupiter.SpringExtension;

import static dev.weir.test.WeirAssertions.assertThatBuckets;
import static dev.weir.test.WeirAssertions.assertThatLocks;
import static dev.weir.test.WeirAssertions.assertThatSemaphores;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A test as a user would write it.
 */
@Timeout(60)
@ExtendWith(SpringExtension.class)
@AutoConfigureWeir
@ContextConfiguration(classes = AutoConfigureWeirTests.Application.class)
class AutoConfigureWeirTests {

	@Autowired
	private TestWeir weir;

	@Autowired
	private Invoices invoices;

	@Autowired
	private LockOperations locks;

	@Autowired
	private ApplicationContext context;

	@Test
	void assertsWhichLeasesAreHeld() {
		assertThatLocks().isFree("invoice");
		this.invoices.create("7", () -> {
			assertThatLocks().isHeld("invoice").isHeld("invoice", "7").isFree("invoice", "8").hasHolders("invoice", 1);
			assertThatSemaphores().isHeld("printer").isFree("invoice");
			assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThatLocks().isFree("invoice"))
				.withMessageContaining("held by [weir:invoice:7: test@test in Invoices.create");
		});
		assertThatLocks().isFree("invoice").hasHolders("invoice", 0);
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThatLocks().isHeld("invoice"))
			.withMessage("Expected the lock 'invoice' to be held, but it is free");
	}

	@Test
	void losesALeaseAtOnce() throws Exception {
		assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> this.invoices.create("7", () -> {
			Lease lease = this.locks.acquire(LockSpec.of("other"));
			this.weir.loseLease("other");
			assertThat(lease.isValid()).isFalse();
			assertThatLocks().isHeld("invoice");
			this.weir.loseLease("invoice");
		}));
		LeaseLostEvent lost = this.context.getBean(Listener.class)
			.next(LeaseLostEvent.class, (event) -> event.policy().equals("other"));
		assertThat(lost.key()).isEqualTo("weir:other");
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> this.weir.loseLease("unknown"))
			.withMessage("No lease of 'unknown' is held");
	}

	@Test
	void aQuotaBeginsAnewWhenTheClockIsMovedOverMidnight() {
		RateLimitOperations limits = this.context.getBean(RateLimitOperations.class);
		RateLimitSpec spec = RateLimitSpec.of("daily")
			.limit(RateLimit.of(10, new Quota(Quota.Period.DAY, ZoneOffset.UTC)));
		Reservation reservation = limits.reserve(List.of(spec.estimate(5)));
		assertThatBuckets().hasRemaining("daily", 5).hasDebt("daily", 0);
		assertThat(reservation.settle(14).join()).isTrue();
		assertThatBuckets().hasRemaining("daily", 0).hasDebt("daily", 4);
		Duration untilMidnight = limits.peek(spec).retryAfter();
		assertThat(untilMidnight).isPositive().isLessThanOrEqualTo(Duration.ofDays(1));
		this.weir.advance(untilMidnight.dividedBy(2));
		assertThat(limits.peek(spec).remaining()).isZero();
		assertThatBuckets().hasDebt("daily", 4);
		this.weir.advance(limits.peek(spec).retryAfter());
		assertThat(limits.peek(spec).remaining()).isEqualTo(10);
		assertThatBuckets().hasDebt("daily", 0).isFull("daily");
		limits.pause(spec, Duration.ofMinutes(1));
		assertThatBuckets().isPaused("daily");
		assertThat(limits.tryConsume(spec).allowed()).isFalse();
		this.weir.advance(Duration.ofMinutes(1));
		assertThat(limits.tryConsume(spec).allowed()).isTrue();
	}

	@Test
	void theAssertionsOfDebtsAndPausesNameWhatTheyFound() {
		RateLimitOperations limits = this.context.getBean(RateLimitOperations.class);
		RateLimitSpec spec = RateLimitSpec.of("owing").limit(RateLimit.of(10, Duration.ofHours(1)));
		limits.reserve(List.of(spec.estimate(5))).settle(13).join();
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThatBuckets().hasDebt("owing", 4))
			.withMessageContaining("Expected a debt of 4 tokens in the bucket of 'owing', but found")
			.withMessageContaining("debt=3");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThatBuckets().isPaused("owing"))
			.withMessageContaining("Expected a bucket of 'owing' to be paused, but found")
			.withMessageContaining("weir:owing");
		this.weir.advance(Duration.ofMinutes(18));
		assertThatBuckets().hasDebt("owing", 0);
	}

	@Test
	void aTimeoutPassesWhenTheClockIsMoved() {
		Lease lease = this.locks.acquire(LockSpec.of("job").timeout(Duration.ofMinutes(5)));
		assertThat(lease.isValid()).isTrue();
		this.weir.advance(Duration.ofMinutes(5));
		assertThat(lease.isValid()).isFalse();
		assertThatLocks().isFree("job");
	}

	@Test
	void aHolderKeepsOtherCallersOut() {
		try (Lease lease = this.locks.acquire(LockSpec.of("invoice", "7"))) {
			assertThat(lease.isValid()).isTrue();
			assertThatExceptionOfType(LeaseBusyException.class).isThrownBy(() -> this.invoices.create("7", () -> {
			}));
		}
	}

	@Test
	void bucketsGetTokensOnlyWhenTheClockIsMoved() {
		assertThatBuckets().isFull("mail");
		this.invoices.mail();
		this.invoices.mail();
		assertThatBuckets().hasRemaining("mail", 0);
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(this.invoices::mail);
		this.weir.advance(Duration.ofMinutes(30));
		assertThatBuckets().hasRemaining("mail", 1);
		this.invoices.mail();
		assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(this.invoices::mail);
	}

	@Test
	void aBucketOfAKeyBelongsToItsPolicyOnly() {
		this.invoices.send("alice");
		assertThatBuckets().hasRemaining("send", 4).isFull("send:all").isFull("sen");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThatBuckets().isFull("send"))
			.withMessageContaining("weir:send%:alice");
		this.invoices.sendToAll();
		assertThatBuckets().hasRemaining("send", 4).hasRemaining("send:all", 0);
	}

	@Test
	void redisFailsUntilItIsRestored() throws Exception {
		this.weir.failRedis();
		long begin = System.nanoTime();
		assertThatExceptionOfType(LeaseUnavailableException.class).isThrownBy(() -> this.invoices.create("7", () -> {
		}));
		// No test waits for an outage that it has made.
		assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
		assertThatExceptionOfType(RateLimitUnavailableException.class).isThrownBy(this.invoices::mail);
		assertThat(this.context.getBean(Listener.class).next(StoreUnavailableEvent.class, (event) -> true).reason())
			.isEqualTo("The test makes Redis fail");
		this.weir.restoreRedis();
		this.invoices.create("7", () -> {
		});
		this.invoices.mail();
	}

	@Test
	void resetRemovesEverythingThatATestLeftBehind() {
		Lease left = this.locks.acquire(LockSpec.of("left"));
		this.invoices.mail();
		this.weir.failRedis();
		this.weir.reset();
		assertThat(left.isValid()).isFalse();
		assertThatLocks().isFree("left");
		assertThatBuckets().isFull("mail");
		assertThat(this.locks.tryAcquire(LockSpec.of("left"))).isPresent();
	}

	@Test
	void theSliceHasAllAutoConfigurationsOfTheStarter() {
		List<String> slice = ImportCandidates.load(AutoConfigureWeir.class, null).getCandidates();
		Stream<String> ofWeir = ImportCandidates.load(AutoConfiguration.class, null)
			.getCandidates()
			.stream()
			.filter((name) -> name.startsWith("dev.weir."));
		assertThat(slice).containsAll(ofWeir.toList());
		assertThat(this.context.containsBean("weirRedisScripts")).isFalse();
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		Invoices invoices() {
			return new Invoices();
		}

		@Bean
		Listener listener() {
			return new Listener();
		}

	}

	static class Invoices {

		@DistributedLock(name = "invoice", key = "#id", waitTime = "0")
		@Semaphore(name = "printer", limit = 2)
		void create(String id, Runnable work) {
			work.run();
		}

		@RateLimited(name = "send", key = "#to", limit = 5, window = "1h")
		void send(String to) {
		}

		@RateLimited(name = "send:all", limit = 1, window = "1h")
		void sendToAll() {
		}

		@RateLimited(name = "mail", limit = 2, window = "1h", onUnavailable = OnUnavailable.FAIL)
		void mail() {
		}

	}

	static class Listener {

		private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

		@EventListener({ LeaseLostEvent.class, StoreUnavailableEvent.class })
		void on(Object event) {
			this.events.add(event);
		}

		/**
		 * Waits for an event and ignores those of other tests.
		 */
		<T> T next(Class<T> type, Predicate<T> wanted) throws InterruptedException {
			Object event = this.events.poll(20, TimeUnit.SECONDS);
			while (event != null && !(type.isInstance(event) && wanted.test(type.cast(event)))) {
				event = this.events.poll(20, TimeUnit.SECONDS);
			}
			assertThat(event).isNotNull();
			return type.cast(event);
		}

	}

}
