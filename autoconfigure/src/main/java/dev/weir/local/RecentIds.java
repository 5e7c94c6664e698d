package dev.weir.local;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;

/**
 * Remembers a bounded number of ids. The caller guards all calls by a lock.
 */
final class RecentIds {

	private final int max;

	private final Set<String> ids = new HashSet<>();

	private final Queue<String> oldestFirst = new ArrayDeque<>();

	RecentIds(int max) {
		this.max = max;
	}

	/**
	 * Adds an id. Forgets the oldest one if there are too many.
	 * @param id the id
	 * @return {@code false} if the id is remembered already
	 */
	boolean add(String id) {
		if (!this.ids.add(id)) {
			return false;
		}
		this.oldestFirst.add(id);
		if (this.oldestFirst.size() > this.max) {
			this.ids.remove(this.oldestFirst.remove());
		}
		return true;
	}

}
