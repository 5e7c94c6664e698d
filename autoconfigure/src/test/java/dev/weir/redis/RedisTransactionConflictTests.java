package dev.weir.redis;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.transaction.OptimisticLockException;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionRejectedException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests the conditions of transactions on a real Redis: reads, required values and
 * leases.
 */
@Timeout(60)
class RedisTransactionConflictTests extends RedisTransactionFixture {

	private static final LeaseSettings SETTINGS = new LeaseSettings(Duration.ofSeconds(30), "test", "1");

	@Test
	void aValueThatChangedAfterTheReadIsAConflict() {
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
				tx.set("other", tx.get("number", Long.class));
				redis.server().command("SET", "number", "100");
			}))
			.satisfies((ex) -> assertThat(ex.getKey()).isEqualTo("number"))
			.satisfies((ex) -> assertThat(ex.isRequired()).isFalse());
		assertThat(redis.server().number("EXISTS", "other")).isZero();
	}

	@Test
	void aDeletedOrNewKeyOrAnotherTypeIsAConflict() {
		assertConflict("number", "DEL", "number");
		assertConflict("absent", "SET", "absent", "1");
		assertConflict("absent2", "RPUSH", "absent2", "1");
		redis.server().command("SET", "number", "1");
		assertConflict("number", "EVAL", "redis.call('DEL', KEYS[1]) redis.call('SADD', KEYS[1], '1')", "1", "number");
	}

	private static void assertConflict(String key, String... change) {
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
				tx.get(key, Long.class);
				tx.set("other", 1);
				redis.server().command(change);
			}));
		assertThat(redis.server().number("EXISTS", "other")).isZero();
	}

	@Test
	void aConflictIsTriedAgain() {
		AtomicInteger calls = new AtomicInteger();
		long result = transactions.with(TransactionOptions.defaults().retries(2)).execute((tx) -> {
			long value = number(tx.get("number", Long.class));
			if (calls.incrementAndGet() < 3) {
				redis.server().command("INCR", "number");
			}
			tx.set("number", value + 1);
			return value;
		});
		assertThat(result).isEqualTo(43);
		assertThat(redis.server().text("GET", "number")).isEqualTo("44");
	}

	@Test
	void throwsTheConflictAfterTheRetries() {
		AtomicInteger calls = new AtomicInteger();
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.with(TransactionOptions.defaults().retries(2)).execute((tx) -> {
				calls.incrementAndGet();
				long value = number(tx.get("number", Long.class));
				redis.server().command("INCR", "number");
				tx.set("number", value + 1);
				return value;
			}))
			.withMessageContaining("tried 3 times");
		assertThat(calls).hasValue(3);
		assertThat(redis.server().text("GET", "number")).isEqualTo("44");
	}

	@Test
	void allReadsMustBeOfOneMoment() {
		assertThatExceptionOfType(OptimisticLockException.class).isThrownBy(() -> transactions.execute((tx) -> {
			long first = number(tx.get("number", Long.class));
			redis.server().command("INCR", "number");
			return first + number(tx.get("absent", Long.class));
		}));
	}

	@Test
	void aTransactionReadsTheValuesThatItHasSet() {
		transactions.executeWithoutResult((tx) -> {
			tx.set("number", 5);
			assertThat(tx.get("number", Long.class)).isEqualTo(5);
			tx.expire("number", Duration.ofMinutes(1));
			assertThat(tx.get("number", Long.class)).isEqualTo(5);
			tx.delete("number");
			assertThat(tx.get("number", Long.class)).isNull();
			tx.increment("number", 1);
			assertThatIllegalStateException().isThrownBy(() -> tx.get("number", Long.class))
				.withMessageContaining("read first");
			tx.set("number", 9);
			assertThat(tx.get("number", Long.class)).isEqualTo(9);
		});
		assertThat(redis.server().text("GET", "number")).isEqualTo("9");
	}

	@Test
	void aKeyOfAnotherTypeCannotBeRead() {
		assertThatExceptionOfType(TransactionRejectedException.class).isThrownBy(
				() -> transactions.<@Nullable String, RuntimeException>execute((tx) -> tx.get("hash", String.class)))
			.withMessageContaining("holds a hash, not a string");
	}

	@Test
	void anotherValueThanTheRequiredOneIsAConflict() {
		transactions.executeWithoutResult((tx) -> {
			tx.require("number", 41);
			tx.require("absent", null);
			tx.set("number", 42);
		});
		AtomicInteger calls = new AtomicInteger();
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.with(TransactionOptions.defaults().retries(5)).executeWithoutResult((tx) -> {
				calls.incrementAndGet();
				tx.require("number", 41);
				tx.set("number", 43);
			}))
			.satisfies((ex) -> assertThat(ex.isRequired()).isTrue());
		assertThat(calls).hasValue(1);
		assertThatExceptionOfType(OptimisticLockException.class)
			.isThrownBy(() -> transactions.executeWithoutResult((tx) -> tx.require("list", null)));
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
	}

	@ParameterizedTest
	@EnumSource
	void appliesWhileTheLeaseIsHeld(LeaseKind kind) {
		try (LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor());
				Lease lease = manager.acquire(request(kind))) {
			transactions.executeWithoutResult((tx) -> {
				tx.fencedBy(lease);
				tx.increment("number", 1);
			});
			assertThat(lease.isValid()).isTrue();
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("42");
	}

	@ParameterizedTest
	@EnumSource
	void appliesNothingIfTheStoreNoLongerHasTheLease(LeaseKind kind) {
		try (LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor());
				Lease lease = manager.acquire(request(kind))) {
			assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
					tx.fencedBy(lease);
					tx.increment("number", 1);
					redis.server().command("DEL", "fence");
					assertThat(lease.isValid()).isTrue();
				}));
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void appliesNothingIfAnotherOwnerHasTheLease() {
		try (LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor());
				Lease lease = manager.acquire(request(LeaseKind.LOCK))) {
			redis.server().command("SET", "fence", "another owner");
			assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
					tx.fencedBy(lease);
					tx.increment("number", 1);
				}));
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void appliesNothingIfTheLeaseWasClosedAndHandedOn() throws Exception {
		try (LeaseManager manager = new LeaseManager(instance.store(), SETTINGS, instance.executor())) {
			Lease lease = manager.acquire(request(LeaseKind.LOCK));
			CompletableFuture<Lease> next = manager.acquireAsync(request(LeaseKind.LOCK)).toCompletableFuture();
			lease.close();
			next.get(20, TimeUnit.SECONDS);
			assertThatExceptionOfType(LeaseLostException.class)
				.isThrownBy(() -> transactions.executeWithoutResult((tx) -> {
					tx.fencedBy(lease);
					tx.increment("number", 1);
				}));
			next.get().close();
		}
		assertThat(redis.server().text("GET", "number")).isEqualTo("41");
	}

	@Test
	void threeReadsAndTenWritesCostTwoRoundTrips() {
		transactions.executeWithoutResult((tx) -> {
			tx.prefetch("number", "text", "absent");
			assertThat(tx.get("number", Long.class)).isEqualTo(41);
			assertThat(tx.get("text", String.class)).isEqualTo("hello");
			assertThat(tx.get("absent", String.class)).isNull();
			IntStream.range(0, 10).forEach((i) -> tx.set("key" + i, i));
		});
		assertThat(redis.scriptCalls()).isEqualTo(2);
	}

	@Test
	void oneReadCostsOneRoundTripAndNoCommandNone() {
		assertThat(transactions.<@Nullable Long, RuntimeException>execute((tx) -> tx.get("number", Long.class)))
			.isEqualTo(41);
		assertThat(redis.scriptCalls()).isEqualTo(1);
		transactions.executeWithoutResult((tx) -> {
		});
		assertThat(redis.scriptCalls()).isEqualTo(1);
	}

	private static LeaseRequest request(LeaseKind kind) {
		return new LeaseRequest("fence", new LeaseKey(kind, "fence"), 1, null, Duration.ofSeconds(10), false, "test");
	}

}
