package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;

import dev.weir.core.Stages;
import dev.weir.lease.Holder;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import org.jspecify.annotations.Nullable;

/**
 * Stores leases in Redis.
 * <p>
 * A lock is a plain string with the owner as its value, as
 * {@code SET key owner NX PX ttl} creates it. So it excludes other clients that use the
 * same command, for instance the lock of redis-py. A semaphore is a sorted set from owner
 * to deadline. Two more keys exist beside a lease for a time: the queue of waiting
 * instances ({@code {key}%waiters}) and the last fencing token ({@code {key}%fence}).
 * <p>
 * No answer waits for the acknowledgement of replicas. After a failover to a replica that
 * lacks a write, two holders are possible until the next renewal by the first one.
 */
public final class RedisLeaseStore implements LeaseStore {

	/** Longer than the longest pause between two attempts of a waiter. */
	private static final Duration QUEUE_TTL = Duration.ofSeconds(5);

	/**
	 * How long Redis remembers the last token, in addition to the time to live of the
	 * lease. Tokens grow even if the clock of Redis is set back by up to this time, for
	 * instance by a failover.
	 */
	private static final Duration FENCE_TTL = Duration.ofSeconds(60);

	/**
	 * Added to each time to live. Redis counts in whole milliseconds and reads its clock
	 * once per command, so a key can expire a millisecond early.
	 */
	private static final long PRECISION_MILLIS = 2;

	private static final KindScripts LOCKS = new KindScripts(LuaScript.list("lock-acquire", "wake"),
			LuaScript.number("lock-renew"), LuaScript.number("lock-release", "wake"));

	private static final KindScripts SEMAPHORES = new KindScripts(
			LuaScript.list("semaphore-acquire", "permits", "wake"), LuaScript.number("semaphore-renew"),
			LuaScript.number("semaphore-release", "permits", "wake"));

	private static final LuaScript<Long> LEAVE = LuaScript.number("leave", "permits", "wake");

	private static final LuaScript<Long> KEEP = LuaScript.number("lock-keep", "wake");

	/** Longer than the message for any key of Weir. */
	private static final int MAX_MESSAGE = 4096;

	private final RedisScripts scripts;

	private final WakeUps wakeUps;

	private final String broadcast;

	/**
	 * Creates a store.
	 * @param scripts runs the scripts
	 * @param keyPrefix the prefix of every key, and of the name of this instance's
	 * channel
	 */
	public RedisLeaseStore(RedisScripts scripts, String keyPrefix) {
		this.scripts = scripts;
		this.wakeUps = new WakeUps(scripts, keyPrefix + "wake:" + UUID.randomUUID());
		this.broadcast = scripts.isCluster() ? "1" : "0";
	}

	@Override
	public CompletionStage<Attempt> tryAcquire(Claim claim) {
		if (claim.queue() == Queue.OUT || this.wakeUps.isSubscribed()) {
			return tryAcquire(claim, (claim.queue() != Queue.OUT) ? this.wakeUps.channel() : "");
		}
		// Only an instance that finds the key busy needs the subscription.
		return tryAcquire(claim, "")
			.thenCompose((attempt) -> (attempt instanceof Acquired) ? CompletableFuture.completedFuture(attempt)
					: this.wakeUps.subscribe()
						.handle((channel, failure) -> (failure != null) ? "" : channel)
						.thenCompose((channel) -> tryAcquire(claim, channel)));
	}

	private CompletionStage<Attempt> tryAcquire(Claim claim, String channel) {
		CompletionStage<Attempt> attempt = acquire(claim, channel);
		// A token belongs to its lock: these keys never go one by one.
		return claim.fenced() ? attempt : oneByOneIfRefused(attempt, () -> acquire(claim, ""));
	}

	private CompletionStage<Attempt> acquire(Claim claim, String channel) {
		LeaseKey key = claim.key();
		boolean waits = !channel.isEmpty();
		List<String> keys = new ArrayList<>(List.of(key.value()));
		// Most calls neither wait nor need a token. They omit the keys and arguments for
		// that, because each of them has a cost.
		List<Object> arguments = new ArrayList<>(List.of(claim.owner(), millis(claim.ttl())));
		switch (key.kind()) {
			case LOCK -> {
			}
			case SEMAPHORE -> arguments.add(claim.limit());
		}
		if (waits || claim.fenced()) {
			keys.add(RedisKeys.waiters(key));
			arguments.addAll(List.of(channel, QUEUE_TTL.toMillis(), (waits && claim.queue() == Queue.IN) ? "1" : "0"));
		}
		if (claim.fenced()) {
			keys.add(RedisKeys.fence(key));
			arguments.addAll(List.of(Acquired.RESERVED_TOKENS, claim.ttl().plus(FENCE_TTL).toMillis()));
		}
		return this.scripts.run(KindScripts.of(key.kind()).acquire(), keys, arguments.toArray())
			.thenApply((reply) -> attempt(reply, waits));
	}

	/**
	 * Repeats a call with fewer keys if Redis refuses its keys together. Redis does so
	 * while the slot of the keys moves to another master of a cluster.
	 * @param <T> the type of the answer
	 * @param together the call with all keys
	 * @param oneByOne makes the calls with one key each
	 * @return completes with the answer
	 */
	private static <T> CompletionStage<T> oneByOneIfRefused(CompletionStage<T> together,
			Supplier<CompletionStage<T>> oneByOne) {
		return together.exceptionallyCompose((failure) -> {
			Throwable reason = Stages.unwrap(failure);
			return RedisFailures.isForbiddenTogether(reason) ? oneByOne.get() : CompletableFuture.failedFuture(reason);
		});
	}

	private static Attempt attempt(List<Object> result, boolean queued) {
		boolean taken = ((Number) result.get(0)).longValue() == 1;
		String text = result.get(1).toString();
		if (taken) {
			return new Acquired(Long.parseLong(text));
		}
		long remaining = ((Number) result.get(2)).longValue();
		return new Busy(Holder.parse(text), (remaining >= 0) ? Duration.ofMillis(remaining) : null, queued);
	}

	@Override
	public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
		return this.scripts.runAnyway(KindScripts.of(key.kind()).renew(), List.of(key.value()), owner, millis(ttl))
			.thenApply((renewed) -> renewed == 1);
	}

	@Override
	public CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit) {
		List<Object> arguments = new ArrayList<>(List.of(owner, message(key), this.broadcast));
		if (waitingLimit > 0 && this.wakeUps.isSubscribed()) {
			arguments.addAll(List.of(this.wakeUps.channel(), QUEUE_TTL.toMillis(), waitingLimit));
		}
		return oneByOneIfRefused(release(key, List.of(key.value(), RedisKeys.waiters(key)), arguments.toArray()),
				() -> release(key, List.of(key.value()), owner)
					.thenCompose((release) -> wake(key).handle((woken, failure) -> release)));
	}

	private CompletionStage<Release> release(LeaseKey key, List<String> keys, Object... arguments) {
		return this.scripts.runAnyway(KindScripts.of(key.kind()).release(), keys, arguments)
			.thenApply((code) -> released(code.intValue()));
	}

	@Override
	public CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time) {
		return oneByOneIfRefused(keep(key, List.of(key.value(), RedisKeys.waiters(key)), owner, time),
				() -> keep(key, List.of(key.value()), owner, time))
			.thenApply((kept) -> kept == 1);
	}

	private CompletionStage<Long> keep(LeaseKey key, List<String> keys, String owner, Duration time) {
		return this.scripts.runAnyway(KEEP, keys, owner, millis(time), message(key), this.broadcast);
	}

	private CompletionStage<Long> wake(LeaseKey key) {
		return this.scripts.run(LEAVE, List.of(RedisKeys.waiters(key)), "", message(key), this.broadcast, "1");
	}

	@Override
	public CompletionStage<Void> leave(LeaseKey key, boolean passOn) {
		List<String> keys = switch (key.kind()) {
			case LOCK -> List.of(RedisKeys.waiters(key));
			case SEMAPHORE -> List.of(RedisKeys.waiters(key), key.value());
		};
		return oneByOneIfRefused(leave(key, keys, passOn), () -> leave(key, keys.subList(0, 1), passOn))
			.thenApply((left) -> null);
	}

	private CompletionStage<Long> leave(LeaseKey key, List<String> keys, boolean passOn) {
		return this.scripts.run(LEAVE, keys, this.wakeUps.channel(), message(key), this.broadcast, passOn ? "1" : "0");
	}

	@Override
	public void onWakeUp(Consumer<LeaseKey> listener) {
		this.wakeUps.onWakeUp((message) -> {
			LeaseKey key = key(message);
			if (key != null) {
				listener.accept(key);
			}
		});
	}

	private static long millis(Duration ttl) {
		return ttl.toMillis() + PRECISION_MILLIS;
	}

	private static String message(LeaseKey key) {
		return key.kind() + ":" + key.value();
	}

	/**
	 * Reads a wake-up. A client with the right to publish can send anything. A wake-up
	 * changes nothing but the time of the next attempt, so a wrong one is ignored.
	 * @param message the message
	 * @return the key, {@code null} if the message is no wake-up
	 */
	private static @Nullable LeaseKey key(String message) {
		int colon = message.indexOf(':');
		if (colon < 0 || message.length() > MAX_MESSAGE) {
			return null;
		}
		try {
			return new LeaseKey(LeaseKind.of(message.substring(0, colon)), message.substring(colon + 1));
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private static Release released(int code) {
		return switch (code) {
			case 0 -> Release.NOT_HELD;
			case 1 -> Release.RELEASED;
			case 2 -> Release.HANDED_ON;
			case 3 -> Release.HANDED_ON_AND_QUEUED;
			default -> throw new IllegalStateException("A release script replied with the unknown code " + code);
		};
	}

	/**
	 * The scripts of one kind of lease.
	 *
	 * @param acquire takes a place
	 * @param renew gives a place a new time to live
	 * @param release gives a place back
	 */
	private record KindScripts(LuaScript<List<Object>> acquire, LuaScript<Long> renew, LuaScript<Long> release) {

		static KindScripts of(LeaseKind kind) {
			return switch (kind) {
				case LOCK -> LOCKS;
				case SEMAPHORE -> SEMAPHORES;
			};
		}

	}

}
