package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

import dev.weir.lease.LeaseProof;
import dev.weir.transaction.AlreadyAppliedException;
import dev.weir.transaction.OutcomeUnknownException;
import dev.weir.transaction.TransactionOutcome;
import dev.weir.transaction.TransactionRejectedException;
import dev.weir.transaction.TransactionStore;
import org.jspecify.annotations.Nullable;

/**
 * Applies transactions on Redis, each with one script.
 */
public final class RedisTransactionStore implements TransactionStore {

	private static final LuaScript<List<Object>> READ = LuaScript.binary("transaction-read");

	private static final LuaScript<List<Object>> APPLY = LuaScript.binary("transaction-apply");

	private static final LuaScript<Long> OUTCOME = LuaScript.number("transaction-outcome");

	private final RedisScripts scripts;

	private final String keyPrefix;

	private final Duration markerTtl;

	/**
	 * Creates a store.
	 * @param scripts runs the scripts
	 * @param keyPrefix the prefix of the names of markers
	 * @param markerTtl the time for which Redis remembers that a transaction with an id
	 * was applied
	 */
	public RedisTransactionStore(RedisScripts scripts, String keyPrefix, Duration markerTtl) {
		this.scripts = scripts;
		this.keyPrefix = keyPrefix;
		this.markerTtl = markerTtl;
	}

	@Override
	public CompletionStage<List<byte @Nullable []>> read(@Nullable String id, List<String> keys) {
		TransactionRejectedException mistake = inSeveralSlots(keys);
		if (mistake != null) {
			return CompletableFuture.failedFuture(mistake);
		}
		List<String> all = new ArrayList<>();
		if (id != null) {
			all.add(marker(id, keys.get(0)));
		}
		all.addAll(keys);
		return this.scripts.run(READ, all, Bytes.of((id != null) ? 1 : 0)).thenApply((answer) -> {
			switch (Bytes.text(answer.get(0))) {
				case "READ" -> {
				}
				case "REJECTED" -> throw new TransactionRejectedException(
						"the transaction reads a key that holds a " + Bytes.text(answer.get(2)) + ", not a string");
				case "APPLIED_BEFORE" -> throw new AlreadyAppliedException(String.valueOf(id));
				default -> throw new OutcomeUnknownException(id,
						"Only a part of the transaction was written, by an earlier execution with this id", null);
			}
			List<byte @Nullable []> values = new ArrayList<>(keys.size());
			for (int i = 1; i <= keys.size(); i++) {
				// The reply may omit absent values at its end.
				values.add((i < answer.size()) ? (byte[]) answer.get(i) : null);
			}
			return values;
		});
	}

	@Override
	public CompletionStage<Answer> apply(Batch batch) {
		Indexes keys = new Indexes();
		List<Object> arguments = new ArrayList<>();
		String id = batch.id();
		if (id != null) {
			String key = anyKey(batch);
			if (key == null && this.scripts.isCluster()) {
				return CompletableFuture.failedFuture(new TransactionRejectedException(
						"the transaction has an id but no key, so its outcome cannot be found in the cluster. "
								+ "Let the transaction read or write a key"));
			}
			keys.of(marker(id, key));
		}
		arguments.add(Bytes.of((id != null) ? this.markerTtl.toMillis() : 0));
		arguments.add(Bytes.of(batch.places().size()));
		for (LeaseProof.Place place : batch.places()) {
			arguments.add(keys.of(place.key().value()));
			arguments.add(Bytes.of(place.key().kind().toString()));
			arguments.add(Bytes.of(place.owner()));
		}
		arguments.add(Bytes.of(batch.checks().size()));
		for (Check check : batch.checks()) {
			byte[] value = check.value();
			arguments.add(keys.of(check.key()));
			arguments.add(Bytes.of((value != null) ? 1 : 0));
			arguments.add((value != null) ? value : Bytes.NONE);
		}
		arguments.add(Bytes.of(batch.commands().size()));
		for (Command command : batch.commands()) {
			String key = command.key();
			arguments.add(Bytes.of(command.name()));
			arguments.add((key != null) ? keys.of(key) : Bytes.of(0));
			arguments.add(Bytes.of(command.arguments().size()));
			arguments.addAll(command.arguments());
		}
		List<String> all = keys.all();
		TransactionRejectedException mistake = inSeveralSlots(all);
		if (mistake != null) {
			return CompletableFuture.failedFuture(mistake);
		}
		return this.scripts.run(APPLY, List.copyOf(all), arguments.toArray()).thenApply(RedisTransactionStore::answer);
	}

	private static Answer answer(List<Object> result) {
		Status status = Status.valueOf(Bytes.text(result.get(0)));
		if (status == Status.APPLIED) {
			return new Answer(status, -1, "", result.subList(1, result.size()));
		}
		int number = (result.size() > 1) ? (int) number(result.get(1)) - 1 : -1;
		String reason = (result.size() > 2) ? Bytes.text(result.get(2)) : "";
		Refusal refusal = (status == Status.REJECTED) ? Refusal.of(reason) : null;
		if (refusal != null && refusal.effect() != Refusal.Effect.MISTAKE) {
			throw RedisFailures.refused(refusal, reason, null);
		}
		return new Answer(status, number, reason, List.of());
	}

	@Override
	public CompletionStage<TransactionOutcome> settle(String id, String key) {
		return this.scripts.run(OUTCOME, List.of(marker(id, key)), this.markerTtl.toMillis())
			.thenApply((outcome) -> switch (outcome.intValue()) {
				case 0 -> TransactionOutcome.NOT_APPLIED;
				case 1 -> TransactionOutcome.APPLIED;
				default -> TransactionOutcome.PARTLY_APPLIED;
			});
	}

	private String marker(String id, @Nullable String key) {
		return RedisKeys.marker(this.keyPrefix, id,
				(key != null && this.scripts.isCluster()) ? RedisKeys.slot(key) : null);
	}

	private static @Nullable String anyKey(Batch batch) {
		return Stream
			.of(batch.commands().stream().map(Command::key), batch.checks().stream().map(Check::key),
					batch.places().stream().map((place) -> place.key().value()))
			.flatMap((keys) -> keys)
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	private @Nullable TransactionRejectedException inSeveralSlots(List<String> keys) {
		if (!this.scripts.isCluster() || keys.stream().map(RedisKeys::slot).distinct().count() < 2) {
			return null;
		}
		return new TransactionRejectedException("the " + keys.size()
				+ " keys of the transaction, leases included, are in several slots of the Redis cluster. "
				+ "Give all keys the same hash tag, such as {42}");
	}

	private static long number(Object value) {
		return ((Number) value).longValue();
	}

	/**
	 * Numbers keys from 1 on, as Lua does.
	 */
	private static final class Indexes {

		private final Map<String, Integer> numbers = new LinkedHashMap<>();

		byte[] of(String key) {
			return Bytes.of(this.numbers.computeIfAbsent(key, (unknown) -> this.numbers.size() + 1));
		}

		List<String> all() {
			return List.copyOf(this.numbers.keySet());
		}

	}

}
