package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import org.jspecify.annotations.Nullable;

/**
 * Lists the leases on Redis and their holders. Each string under a key with the prefix
 * counts as a lock, and each sorted set as a semaphore. This includes the locks of
 * redis-py.
 */
public final class RedisLeaseDirectory implements LeaseDirectory {

	private static final LuaScript<List<Object>> PAGE = LuaScript.list("lease-page", "look", "scan");

	private static final LuaScript<List<Object>> LOOK = LuaScript.list("lease-look", "look");

	private static final int FIELDS = 5;

	private final RedisScripts scripts;

	private final KeySpace keys;

	/**
	 * Creates a directory.
	 * @param scripts runs the scripts
	 */
	public RedisLeaseDirectory(RedisScripts scripts) {
		this.scripts = scripts;
		this.keys = new KeySpace(scripts);
	}

	@Override
	public CompletionStage<Page> list(String prefix, @Nullable String cursor, int count) {
		String pattern = KeySpace.literally(prefix) + "*";
		return this.keys
			.page(cursor, count,
					(master, from, keys) -> this.scripts.show(ScriptCall.at(master, PAGE, from, pattern, keys))
						.thenApply((result) -> new KeySpace.Part<>(places(result.subList(1, result.size())),
								result.get(0).toString())))
			.thenApply((page) -> new Page(page.found(), page.next()));
	}

	@Override
	public CompletionStage<List<Place>> look(LeaseKey key) {
		return this.scripts.show(ScriptCall.of(LOOK, List.of(key.value())))
			.thenApply((result) -> places(result).stream().filter((place) -> place.key().equals(key)).toList());
	}

	private static List<Place> places(List<Object> fields) {
		List<Place> places = new ArrayList<>();
		for (int i = 0; i + FIELDS <= fields.size(); i += FIELDS) {
			LeaseKind kind = kind(fields.get(i + 1).toString());
			long remaining = ((Number) fields.get(i + 3)).longValue();
			places.add(new Place(new LeaseKey(kind, fields.get(i).toString()), fields.get(i + 2).toString(),
					(remaining >= 0) ? Duration.ofMillis(remaining) : null, ((Number) fields.get(i + 4)).intValue()));
		}
		return places;
	}

	private static LeaseKind kind(String type) {
		return switch (type) {
			case "string" -> LeaseKind.LOCK;
			case "zset" -> LeaseKind.SEMAPHORE;
			default -> throw new IllegalStateException("A script reported the unknown type " + type);
		};
	}

}
