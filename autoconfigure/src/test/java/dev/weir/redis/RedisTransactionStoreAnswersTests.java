package dev.weir.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import dev.weir.transaction.AlreadyAppliedException;
import dev.weir.transaction.OutcomeUnknownException;
import dev.weir.transaction.TransactionOutcome;
import dev.weir.transaction.TransactionRejectedException;
import dev.weir.transaction.TransactionStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for how {@link RedisTransactionStore} handles the replies of Redis, on a
 * transport without a Redis.
 */
class RedisTransactionStoreAnswersTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private final FakeRedisTransport transport = new FakeRedisTransport();

	private final RedisTransactionStore store = store(this.transport);

	@Test
	void readsValuesInTheOrderOfTheKeys() {
		CompletionStage<List<byte[]>> values = this.store.read(null, List.of("a", "b"));
		this.transport.next("transaction-read").answers(bytes("READ"), bytes("1"));
		assertThat(values.toCompletableFuture().join()).containsExactly(bytes("1"), null);
	}

	@Test
	void readFailsForAKeyThatHoldsNoString() {
		CompletionStage<List<byte[]>> values = this.store.read(null, List.of("a"));
		this.transport.next("transaction-read").answers(bytes("REJECTED"), 1L, bytes("hash"));
		assertThat(failure(values)).isInstanceOf(TransactionRejectedException.class).hasMessageContaining("hash");
	}

	@Test
	void readFailsForATransactionThatWasAppliedOrTorn() {
		CompletionStage<List<byte[]>> applied = this.store.read("id", List.of("a"));
		this.transport.next("transaction-read").answers(bytes("APPLIED_BEFORE"));
		assertThat(failure(applied)).isInstanceOf(AlreadyAppliedException.class);
		CompletionStage<List<byte[]>> torn = this.store.read("id", List.of("a"));
		this.transport.next("transaction-read").answers(bytes("TORN"));
		assertThat(failure(torn)).isInstanceOf(OutcomeUnknownException.class);
	}

	@Test
	void returnsTheResultsOfTheCommands() {
		CompletionStage<TransactionStore.Answer> answer = this.store.apply(batch("a", "b"));
		this.transport.next("transaction-apply").answers(bytes("APPLIED"), 1L, 2L);
		assertThat(answer.toCompletableFuture().join().results()).containsExactly(1L, 2L);
	}

	@ParameterizedTest
	@EnumSource(value = TransactionStore.Status.class, mode = EnumSource.Mode.EXCLUDE, names = "APPLIED")
	void returnsTheStatusWithTheNumberCountedFromZero(TransactionStore.Status status) {
		CompletionStage<TransactionStore.Answer> answer = this.store.apply(batch("a"));
		this.transport.next("transaction-apply").answers(bytes(status.name()), 3L, bytes("why"));
		assertThat(answer.toCompletableFuture().join())
			.isEqualTo(new TransactionStore.Answer(status, 2, "why", List.of()));
	}

	@Test
	void aRefusalForLackOfMemoryIsUnavailableAndChangedNothing() {
		CompletionStage<TransactionStore.Answer> answer = this.store.apply(batch("a"));
		this.transport.next("transaction-apply")
			.answers(bytes("REJECTED"), 1L, bytes("OOM command not allowed when used memory > 'maxmemory'."));
		assertThat(failure(answer)).isInstanceOfSatisfying(StoreUnavailableException.class,
				(ex) -> assertThat(ex.wasAsked()).isFalse());
	}

	@Test
	void aLostReplyMayHaveChangedSomething() {
		CompletionStage<TransactionStore.Answer> answer = this.store.apply(batch("a"));
		this.transport.next("transaction-apply").fails("Connection reset");
		assertThat(failure(answer)).isInstanceOfSatisfying(StoreUnavailableException.class,
				(ex) -> assertThat(ex.wasAsked()).isTrue());
	}

	@Test
	void aTransactionWithoutKeysRunsOnAnyMaster() {
		this.store.apply(new TransactionStore.Batch(null, List.of(), List.of(),
				List.of(new TransactionStore.Command("PUBLISH", null, List.of(bytes("channel"), bytes("message"))))));
		FakeRedisTransport.Call call = this.transport.next("transaction-apply");
		assertThat(call.script().keys()).isEmpty();
		assertThat(call.script().route()).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "0, NOT_APPLIED", "1, APPLIED", "2, PARTLY_APPLIED" })
	void readsTheOutcome(long code, TransactionOutcome expected) {
		CompletionStage<TransactionOutcome> outcome = this.store.settle("id", "a");
		this.transport.next("transaction-outcome").answersNumber(code);
		assertThat(outcome).isCompletedWithValue(expected);
	}

	@Test
	void sendsNothingWhenTheKeysLieInSeveralSlots() {
		FakeRedisTransport cluster = new FakeRedisTransport(true);
		CompletionStage<TransactionStore.Answer> answer = store(cluster).apply(batch("a", "b"));
		assertThat(failure(answer)).isInstanceOf(TransactionRejectedException.class)
			.hasMessageContaining("several slots");
		cluster.assertNoCall();
		store(cluster).apply(batch("{42}:a", "{42}:b"));
		assertThat(cluster.next("transaction-apply").script().keys()).containsExactly("{42}:a", "{42}:b");
	}

	private static RedisTransactionStore store(FakeRedisTransport transport) {
		return new RedisTransactionStore(new RedisScripts(transport, TIMEOUT, TIMEOUT, List.of()), "test:",
				Duration.ofMinutes(5));
	}

	private static TransactionStore.Batch batch(String... keys) {
		return new TransactionStore.Batch(null, List.of(), List.of(),
				List.of(keys)
					.stream()
					.map((key) -> new TransactionStore.Command("INCRBY", key, List.of(bytes("1"))))
					.toList());
	}

	private static Throwable failure(CompletionStage<?> stage) {
		assertThat(stage.toCompletableFuture()).isCompletedExceptionally();
		return stage.toCompletableFuture().handle((value, failure) -> Stages.unwrap(failure)).join();
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
