package dev.weir.redis;

/**
 * Provides one hash tag for each slot of a cluster, for keys that must be in a certain
 * slot, independently of the other keys there. The tags are the same in every JVM.
 */
final class SlotTags {

	private static final String[] TAGS = find();

	private SlotTags() {
	}

	/**
	 * Returns the smallest number that, as a key, is in a slot.
	 * @param slot the slot
	 * @return the number, as text
	 */
	static String of(int slot) {
		return TAGS[slot];
	}

	private static String[] find() {
		String[] tags = new String[RedisKeys.SLOTS];
		int missing = tags.length;
		for (int i = 0; missing > 0; i++) {
			String tag = Integer.toString(i);
			int slot = RedisKeys.slot(tag);
			if (tags[slot] == null) {
				tags[slot] = tag;
				missing--;
			}
		}
		return tags;
	}

}
