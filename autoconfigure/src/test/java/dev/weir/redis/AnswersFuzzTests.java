package dev.weir.redis;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

import dev.weir.core.HostileText;
import dev.weir.core.LogWatch;
import dev.weir.core.Printable;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.Holder;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import dev.weir.ratelimit.BucketStore;
import dev.weir.ratelimit.RateLimit;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.redisson.client.RedisException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Fuzzes the answers that Redis may give, because every client that can write keys can
 * change them: replies, errors, owners of leases, wake-ups and cursors.
 */
class AnswersFuzzTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private static LogWatch log;

	@BeforeContainer
	static void watch() {
		log = new LogWatch();
	}

	@AfterContainer
	static void check() {
		log.close();
	}

	@Provide
	Arbitrary<List<Object>> replies() {
		Arbitrary<Object> item = Arbitraries.oneOf(Arbitraries.longs().map((number) -> (Object) number),
				Arbitraries.of(0L, 1L, -1L, Long.MIN_VALUE, Long.MAX_VALUE), texts().map((text) -> (Object) text),
				Arbitraries.of("0", "1", "string", "zset", "-1", "17"), Arbitraries.just(List.of(1L, "nested")));
		return item.list().ofMaxSize(8);
	}

	@Provide
	Arbitrary<String> texts() {
		return HostileText.of("id|0|shop|1|Job.run", "|", "lock:", "semaphore:", "weir:", "READ", "APPLIED", "-", "17");
	}

	@Property
	void aStageOfALeaseCompletesWithAnyReply(@ForAll("replies") List<Object> reply, @ForAll long code) {
		FakeRedisTransport transport = new FakeRedisTransport();
		RedisLeaseStore store = new RedisLeaseStore(scripts(transport), "weir:");
		LeaseKey lock = new LeaseKey(LeaseKind.LOCK, "weir:a");
		CompletionStage<LeaseStore.Attempt> attempt = store
			.tryAcquire(new LeaseStore.Claim(lock, "owner", 1, TIMEOUT, false, LeaseStore.Queue.OUT));
		transport.next("lock-acquire").answers(reply.toArray());
		completes(attempt, () -> {
			if (attempt.toCompletableFuture().join() instanceof LeaseStore.Busy busy && busy.holder() != null) {
				assertThat(Printable.isPrintable(busy.holder().toString())).isTrue();
			}
		});
		CompletionStage<LeaseStore.Release> release = store.release(lock, "owner", 0);
		transport.next("lock-release").answersNumber(code);
		completes(release, () -> {
		});
	}

	@Property
	void aStageOfABucketCompletesWithAnyReply(@ForAll("replies") List<Object> reply) {
		FakeRedisTransport transport = new FakeRedisTransport();
		RedisBucketStore store = new RedisBucketStore(scripts(transport));
		CompletionStage<BucketStore.Answer> answer = store.decide(List.of(new BucketStore.Call(BucketStore.Action.TAKE,
				List.of(new BucketStore.Take("chat", RateLimit.of(10, Duration.ofMinutes(1)), 1, false, 10)))));
		transport.next("bucket-decide").answers(reply.toArray());
		completes(answer, () -> {
		});
	}

	@Property
	void aPageOfAListCompletesWithAnyReply(@ForAll("replies") List<Object> reply) {
		FakeRedisTransport transport = new FakeRedisTransport();
		List<Object> page = new ArrayList<>(reply);
		page.add(0, "0");
		CompletionStage<?> leases = new RedisLeaseDirectory(scripts(transport)).list("weir:", null, 10);
		transport.next("lease-page").answers(page.toArray());
		completes(leases, () -> {
		});
		CompletionStage<?> buckets = new RedisBucketDirectory(scripts(transport)).list("weir:", null, 10);
		transport.next("bucket-page").answers(page.toArray());
		completes(buckets, () -> {
		});
	}

	@Property
	void aTransactionCompletesWithAnyReply(@ForAll("replies") List<Object> reply) {
		FakeRedisTransport transport = new FakeRedisTransport();
		RedisTransactionStore store = new RedisTransactionStore(scripts(transport), "weir:", TIMEOUT);
		CompletionStage<?> read = store.read("id", List.of("a", "b"));
		transport.next("transaction-read")
			.answers(reply.stream().map((item) -> (item instanceof String text) ? Bytes.of(text) : item).toArray());
		completes(read, () -> {
		});
	}

	@Property
	void anErrorOfRedisIsAnAnswerWithAPrintableMessage(@ForAll("errors") String error) {
		RuntimeException translated = RedisFailures.translate(new RedisException(error));
		assertThat(translated.getMessage()).isNotBlank();
		assertThat(Printable.isPrintable(translated.getMessage())).isTrue();
		if (error.startsWith("ERR ")) {
			assertThat(translated).satisfiesAnyOf(
					(mistake) -> assertThat(mistake).isInstanceOf(IllegalStateException.class),
					(refused) -> assertThat(((StoreUnavailableException) refused).wasAsked()).isFalse());
		}
	}

	@Provide
	Arbitrary<String> errors() {
		Arbitrary<String> rest = HostileText.of("ERR ", "WRONGTYPE ", "command: ", "params: ", "@user_script: 1: -",
				"OOM ", "BUSY ", "channel: [id]", " ");
		return Arbitraries.oneOf(rest, rest.map((text) -> "ERR " + text));
	}

	@Property
	void anOwnerIsReadOrRejected(@ForAll("texts") String owner) {
		Holder holder = Holder.parse(owner);
		assertThat(holder == null || Printable.isPrintable(holder.toString())).isTrue();
	}

	@Property
	void aWakeUpIsIgnoredOrNamesAKey(@ForAll("texts") String message) {
		FakeRedisTransport transport = new FakeRedisTransport();
		RedisLeaseStore store = new RedisLeaseStore(scripts(transport), "weir:");
		List<LeaseKey> woken = new ArrayList<>();
		store.onWakeUp(woken::add);
		store.tryAcquire(new LeaseStore.Claim(new LeaseKey(LeaseKind.LOCK, "a"), "owner", 1, TIMEOUT, false,
				LeaseStore.Queue.ENTER));
		transport.next("lock-acquire").answers(0L, "other", 250L);
		transport.subscriber.accept(message);
		assertThat(woken).allSatisfy((key) -> assertThat(key.value()).isNotBlank()).hasSizeLessThanOrEqualTo(1);
	}

	@Property
	void aCursorIsRejectedOrAcceptedByRedis(@ForAll("cursors") String cursor) {
		FakeRedisTransport transport = new FakeRedisTransport();
		try {
			new RedisLeaseDirectory(scripts(transport)).list("weir:", cursor, 10);
		}
		catch (IllegalArgumentException ex) {
			assertThat(Printable.isPrintable(ex.getMessage())).isTrue();
			transport.assertNoCall();
			return;
		}
		if (cursor.startsWith("0-") || cursor.startsWith("00")) {
			String sent = transport.next("lease-page").arguments().get(0).toString();
			assertThat(sent).matches("[0-9]{1,20}");
			assertThat(new BigInteger(sent).bitLength()).isLessThanOrEqualTo(64);
		}
	}

	@Provide
	Arbitrary<String> cursors() {
		return HostileText.of("0", "0-", "-", "1", "99", "18446744073709551615", "18446744073709551616", "\u0661");
	}

	private static RedisScripts scripts(FakeRedisTransport transport) {
		return new RedisScripts(transport, TIMEOUT, TIMEOUT, List.of());
	}

	private static void completes(CompletionStage<?> stage, Runnable check) {
		assertThat(stage.toCompletableFuture()).isDone();
		if (!stage.toCompletableFuture().isCompletedExceptionally()) {
			check.run();
		}
		else {
			assertThat(stage.toCompletableFuture().handle((value, failure) -> failure).join())
				.hasCauseInstanceOf(RuntimeException.class);
		}
	}

}
