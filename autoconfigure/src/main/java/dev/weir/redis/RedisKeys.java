package dev.weir.redis;

import dev.weir.lease.LeaseKey;
import org.jspecify.annotations.Nullable;

/**
 * Creates the names of the keys beside a lease, which are always in the slot of the
 * lease, and the names of buckets and markers. In a value from a user, each {@code %} is
 * followed by an escaped character, so no lease can have such a name.
 */
final class RedisKeys {

	static final int SLOTS = 16384;

	private RedisKeys() {
	}

	/**
	 * Returns the name of the sorted set of the instances that wait for a lease.
	 * @param key the lease
	 * @return the name
	 */
	static String waiters(LeaseKey key) {
		return tagged(key.value()) + "%waiters";
	}

	/**
	 * Returns the name of the key that holds the last fencing token for a while.
	 * @param key the lease
	 * @return the name
	 */
	static String fence(LeaseKey key) {
		return tagged(key.value()) + "%fence";
	}

	/**
	 * Returns the name of a bucket. No lease can have this name, not even a lease of a
	 * policy with the same name.
	 * @param key the key of the bucket
	 * @return the name
	 */
	static String bucket(String key) {
		return key + "%tokens";
	}

	/**
	 * Returns the name of the marker of a settlement, which is in the slot of the bucket.
	 * @param key the key of the bucket
	 * @param id the id of the settlement
	 * @return the name
	 */
	static String settlement(String key, String id) {
		return tagged(bucket(key)) + "%settled:" + id;
	}

	/**
	 * Returns the name of the marker of a transaction. No lease can have this name.
	 * @param keyPrefix the prefix of the name
	 * @param id the id of the transaction
	 * @param slot the slot in which the marker must be, {@code null} if slots do not
	 * matter
	 * @return the name
	 */
	static String marker(String keyPrefix, String id, @Nullable Integer slot) {
		// The first braces count, even if the prefix or the id contains others.
		return ((slot != null) ? "{" + SlotTags.of(slot) + "}" : "") + keyPrefix + "%tx:" + id;
	}

	/**
	 * Returns the slot of a key in a cluster.
	 * @param key the key
	 * @return the slot
	 */
	static int slot(String key) {
		String tag = hashTag(key);
		return crc16(Bytes.of((tag != null) ? tag : key)) % SLOTS;
	}

	/**
	 * Returns the checksum by which Redis assigns slots: CRC-16/XMODEM.
	 * @param bytes the bytes
	 * @return the checksum
	 * @see <a href=
	 * "https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#appendix-a-crc16-reference-implementation-in-ansi-c">Redis
	 * cluster specification: CRC16</a>
	 */
	private static int crc16(byte[] bytes) {
		int crc = 0;
		for (byte next : bytes) {
			crc ^= (next & 0xff) << 8;
			for (int bit = 0; bit < 8; bit++) {
				crc = ((crc & 0x8000) != 0) ? (crc << 1) ^ 0x1021 : crc << 1;
			}
		}
		return crc & 0xffff;
	}

	/**
	 * Returns the start of a name that is in the same slot as a key: the key itself if it
	 * has a hash tag, otherwise the key as a hash tag.
	 * @param key the key
	 * @return the key, in braces if it has no hash tag
	 */
	private static String tagged(String key) {
		return (hashTag(key) != null) ? key : "{" + key + "}";
	}

	/**
	 * Returns the part of a key that determines its slot.
	 * @param key the key
	 * @return the hash tag, {@code null} if the whole key determines the slot
	 * @see <a href=
	 * "https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags">Redis
	 * cluster specification: hash tags</a>
	 */
	static @Nullable String hashTag(String key) {
		int open = key.indexOf('{');
		int close = (open >= 0) ? key.indexOf('}', open) : -1;
		return (close > open + 1) ? key.substring(open + 1, close) : null;
	}

}
