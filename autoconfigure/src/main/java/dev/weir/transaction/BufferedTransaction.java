package dev.weir.transaction;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import dev.weir.core.Stages;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseProof;
import dev.weir.transaction.TransactionStore.Check;
import dev.weir.transaction.TransactionStore.Command;
import org.jspecify.annotations.Nullable;

/**
 * Converts the calls of a callback to the commands of a {@link TransactionBuffer}. Each
 * callback has an object of its own, with a serializer of its own. Thread-safe.
 */
final class BufferedTransaction implements RedisTransaction {

	/** Even number of arguments that Lua certainly unpacks from a list. */
	private static final int MOST_ARGUMENTS = 1000;

	private static final byte[] NX = Arguments.bytes("NX");

	private static final byte[] PX = Arguments.bytes("PX");

	private static final Pending<Object> IGNORED = new Pending<>((result) -> result);

	private final TransactionBuffer buffer;

	private final ValueSerializer serializer;

	private final long maxValueSize;

	BufferedTransaction(TransactionBuffer buffer, ValueSerializer serializer, long maxValueSize) {
		this.buffer = buffer;
		this.serializer = serializer;
		this.maxValueSize = maxValueSize;
	}

	@Override
	public <T> @Nullable T get(String key, Class<T> type) {
		return Stages.await(getAsync(key, type));
	}

	@Override
	public <T> CompletableFuture<@Nullable T> getAsync(String key, Class<T> type) {
		TransactionBuffer.Written written = this.buffer.written(checked(key));
		if (written != null) {
			return CompletableFuture.completedFuture(value(written.value(), type));
		}
		return this.buffer.fetch(List.of(key)).thenApply((fetched) -> value(this.buffer.read(key), type));
	}

	@SuppressWarnings({ "unchecked", "NullAway" }) // the cast is to byte[]
	private <T> @Nullable T value(byte @Nullable [] bytes, Class<T> type) {
		if (bytes == null) {
			return null;
		}
		return (type == byte[].class) ? (T) bytes.clone() : this.serializer.deserialize(bytes, type);
	}

	@Override
	public void prefetch(String... keys) {
		Stages.await(prefetchAsync(keys));
	}

	@Override
	public CompletableFuture<Void> prefetchAsync(String... keys) {
		this.buffer.requireOpen();
		return this.buffer.fetch(Arrays.stream(keys).map(BufferedTransaction::checked).distinct().toList());
	}

	@Override
	public void require(String key, @Nullable Object expected) {
		this.buffer.require(new Check(checked(key), (expected != null) ? serialized(expected) : null));
	}

	@Override
	public void fencedBy(Lease lease) {
		this.buffer.fencedBy(LeaseProof.of(lease));
	}

	@Override
	public void set(String key, Object value) {
		set(key, serialized(value), List.of());
	}

	@Override
	public void set(String key, Object value, Duration ttl) {
		set(key, serialized(value), List.of(PX, Arguments.millis(ttl)));
	}

	private void set(String key, byte[] value, List<byte[]> options) {
		List<byte[]> arguments = new ArrayList<>(List.of(value));
		arguments.addAll(options);
		add(IGNORED, "SET", checked(key), arguments);
	}

	@Override
	public Pending<Boolean> setIfAbsent(String key, Object value) {
		return truth("SET", key, serialized(value), NX);
	}

	@Override
	public Pending<Boolean> setIfAbsent(String key, Object value, Duration ttl) {
		return truth("SET", key, serialized(value), PX, Arguments.millis(ttl), NX);
	}

	@Override
	public Pending<Boolean> delete(String key) {
		return truth("DEL", key);
	}

	@Override
	public Pending<Boolean> expire(String key, Duration ttl) {
		return truth("PEXPIRE", key, Arguments.millis(ttl));
	}

	@Override
	public Pending<Long> increment(String key, long delta) {
		return number("INCRBY", key, Arguments.delta(delta));
	}

	@Override
	public void hashPut(String key, String field, Object value) {
		hashPutAll(key, Map.of(field, value));
	}

	@Override
	public void hashPutAll(String key, Map<String, ?> entries) {
		addAll("HSET", key, pairs(entries));
	}

	@Override
	public void hashDelete(String key, String... fields) {
		addAll("HDEL", key, Arrays.stream(fields).map(Arguments::bytes).toList());
	}

	@Override
	public Pending<Long> hashIncrement(String key, String field, long delta) {
		return number("HINCRBY", key, Arguments.bytes(field), Arguments.delta(delta));
	}

	@Override
	public void setAdd(String key, Object... members) {
		addAll("SADD", key, serialized(members));
	}

	@Override
	public void setRemove(String key, Object... members) {
		addAll("SREM", key, serialized(members));
	}

	@Override
	public void sortedSetAdd(String key, Object member, double score) {
		addAll("ZADD", key, List.of(Arguments.bytes(score), serialized(member)));
	}

	@Override
	public void sortedSetRemove(String key, Object... members) {
		addAll("ZREM", key, serialized(members));
	}

	@Override
	public void sortedSetRemoveByScore(String key, double lowest, double highest) {
		addAll("ZREMRANGEBYSCORE", key, List.of(Arguments.bytes(lowest), Arguments.bytes(highest)));
	}

	@Override
	public void listPushLeft(String key, Object... elements) {
		addAll("LPUSH", key, serialized(elements));
	}

	@Override
	public void listPushRight(String key, Object... elements) {
		addAll("RPUSH", key, serialized(elements));
	}

	@Override
	public void listTrim(String key, long first, long last) {
		addAll("LTRIM", key, List.of(Arguments.bytes(first), Arguments.bytes(last)));
	}

	@Override
	public Pending<String> streamAdd(String key, Map<String, ?> fields, long maxLength) {
		if (maxLength < 1) {
			throw new IllegalArgumentException("A stream must keep at least 1 entry, not " + maxLength);
		}
		List<byte[]> arguments = new ArrayList<>(
				List.of(Arguments.bytes("MAXLEN"), Arguments.bytes(maxLength), Arguments.bytes("*")));
		arguments.addAll(pairs(fields));
		if (arguments.size() < 5 || arguments.size() > MOST_ARGUMENTS) {
			throw new IllegalArgumentException("An entry of a stream must have 1 to " + (MOST_ARGUMENTS - 3) / 2
					+ " fields, not " + fields.size());
		}
		return changing("XADD", key, BufferedTransaction::text, arguments);
	}

	@Override
	public void publish(String channel, Object message) {
		add(IGNORED, "PUBLISH", null, List.of(Arguments.bytes(channel), serialized(message)));
	}

	private Pending<Boolean> truth(String name, String key, byte[]... arguments) {
		return changing(name, key, BufferedTransaction::isPositive, List.of(arguments));
	}

	private static boolean isPositive(Object result) {
		return ((Number) result).longValue() > 0;
	}

	private Pending<Long> number(String name, String key, byte[]... arguments) {
		return changing(name, key, (result) -> ((Number) result).longValue(), List.of(arguments));
	}

	private <T> Pending<T> changing(String name, String key, Function<Object, T> reader, List<byte[]> arguments) {
		Pending<T> answer = new Pending<>(reader);
		add(answer, name, checked(key), arguments);
		return answer;
	}

	private void addAll(String name, String key, List<byte[]> arguments) {
		for (int i = 0; i < arguments.size(); i += MOST_ARGUMENTS) {
			changing(name, key, (result) -> result,
					arguments.subList(i, Math.min(arguments.size(), i + MOST_ARGUMENTS)));
		}
	}

	private void add(Pending<?> result, String name, @Nullable String key, List<byte[]> arguments) {
		this.buffer.add(new Command(name, key, List.copyOf(arguments)), result);
	}

	private List<byte[]> pairs(Map<String, ?> entries) {
		List<byte[]> pairs = new ArrayList<>(2 * entries.size());
		entries.forEach((field, value) -> {
			pairs.add(Arguments.bytes(field));
			pairs.add(serialized(value));
		});
		return pairs;
	}

	private List<byte[]> serialized(Object[] values) {
		return Arrays.stream(values).map(this::serialized).toList();
	}

	private byte[] serialized(Object value) {
		byte[] bytes = (value instanceof byte[] raw) ? raw.clone() : this.serializer.serialize(value);
		if (bytes.length > this.maxValueSize) {
			throw new IllegalArgumentException(
					"A value of " + bytes.length + " bytes is too large: at most " + this.maxValueSize
							+ " are allowed. Make the value smaller, or increase 'weir.transaction.max-value-size'");
		}
		return bytes;
	}

	private static String text(Object result) {
		return (result instanceof byte[] bytes) ? new String(bytes, StandardCharsets.UTF_8) : result.toString();
	}

	private static String checked(String key) {
		if (key.isBlank()) {
			throw new IllegalArgumentException("A key must not be blank");
		}
		Arguments.requireUnicode(key);
		return key;
	}

}
