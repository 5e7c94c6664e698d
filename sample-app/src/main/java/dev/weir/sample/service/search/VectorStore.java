package dev.weir.sample.service.search;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import dev.weir.sample.service.embedding.VectorSerializer;
import dev.weir.sample.service.redis.MemoryBudget;
import dev.weir.transaction.OptimisticLockException;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.spring.SpringValueSerializer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.data.domain.Range;
import org.springframework.data.redis.connection.Limit;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.HashOperations;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.stereotype.Component;
import org.springframework.util.DigestUtils;

/**
 * Stores the documents and their vectors in Redis, for all instances. Each instance has a
 * copy, and a search goes through the whole copy. This is exact, and fast enough for
 * about 100,000 documents. The copy is an index and not a cache: it is never older than
 * Redis.
 * <p>
 * Before each search, the instance updates its copy from the stream of changes. So a
 * search finds every upload that ended before the search began, on any instance.
 */
@Component
class VectorStore {

	private static final int REMEMBERED_CHANGES = 1000;

	private static final int SCAN_COUNT = 500;

	private static final int MAX_RETRIES = 20;

	private static final String IDS = "ids";

	private final StringRedisTemplate redis;

	private final RedisTransactionOperations transactions;

	private final VectorKeys keys;

	private final JsonMapper json;

	private final SearchProperties properties;

	private final MemoryBudget memory;

	private final VectorSerializer serializer = new VectorSerializer();

	private volatile Map<String, Entry> copy = Map.of();

	/** The id of the last change in the copy. */
	private String seen = "";

	VectorStore(StringRedisTemplate redis, RedisTransactionOperations transactions, VectorKeys keys, JsonMapper json,
			SearchProperties properties, MemoryBudget memory) {
		this.redis = redis;
		// Writes texts in the format that the template reads.
		this.transactions = transactions.with(new SpringValueSerializer(RedisSerializer.string()))
			.with(TransactionOptions.defaults().retries(MAX_RETRIES));
		this.keys = keys;
		this.json = json;
		this.properties = properties;
		this.memory = memory;
	}

	/**
	 * Returns the number of uploads.
	 * @return the number, empty if there was no upload
	 */
	String uploads() {
		String uploads = this.redis.opsForValue().get(this.keys.uploads());
		return (uploads != null) ? uploads : "";
	}

	/**
	 * Returns the version of the documents in Redis.
	 * @return the id of the last change, empty if there was no change
	 */
	private String version() {
		List<MapRecord<String, String, String>> last = this.redis.<String, String>opsForStream()
			.reverseRange(this.keys.changes(), Range.unbounded(), Limit.limit().count(1));
		return (last == null || last.isEmpty()) ? "" : last.get(0).getId().getValue();
	}

	/**
	 * Returns whether a batch was stored.
	 * @param batch the batch
	 * @return whether the batch was stored
	 * @throws BatchConflictException if other documents were stored under its id
	 */
	boolean contains(DocumentBatch batch) {
		String stored = this.redis.opsForValue().get(batchKey(batch.batchId()));
		if (stored != null && !stored.equals(batch.digest())) {
			throw new BatchConflictException(batch.batchId());
		}
		return stored != null;
	}

	/**
	 * Stores a batch, and removes the cached results of searches, which do not contain
	 * the batch.
	 * @param batch the batch
	 * @param vectors the vectors of its documents
	 */
	void add(DocumentBatch batch, List<float[]> vectors) {
		requireRoom(batch);
		Map<String, String> entries = new HashMap<>();
		for (int i = 0; i < vectors.size(); i++) {
			Document document = batch.documents().get(i);
			entries.put(document.id(), write(document, vectors.get(i)));
		}
		try {
			this.transactions.executeWithoutResult((tx) -> {
				// If a search stores its result at the same time, this transaction runs
				// again.
				tx.get(this.keys.kept(), String.class);
				Set<String> results = this.redis.opsForZSet().range(this.keys.results(), 0, -1);
				tx.hashPutAll(this.keys.documents(), entries);
				tx.streamAdd(this.keys.changes(), Map.of(IDS, String.join(",", entries.keySet())), REMEMBERED_CHANGES);
				tx.increment(this.keys.uploads(), 1);
				tx.set(batchKey(batch.batchId()), batch.digest(), this.properties.batchTtl());
				tx.deleteAll((results != null) ? results : Set.of());
				tx.delete(this.keys.results());
			});
		}
		catch (OptimisticLockException ex) {
			throw new BatchNotStoredException(batch.batchId());
		}
	}

	private void requireRoom(DocumentBatch batch) {
		// Uploads that run at the same time can exceed the limit by their own size.
		if (documents().size(this.keys.documents()) + batch.documents().size() > this.properties.maxDocuments()) {
			throw new StorageFullException("There are " + this.properties.maxDocuments()
					+ " documents at most. Set 'sample.search.max-documents' to store more");
		}
		if (!this.memory.hasRoomForUploads()) {
			throw new StorageFullException("The memory of Redis is almost full");
		}
	}

	/**
	 * Finds the documents that are closest to a vector.
	 * @param vector the vector, of length 1
	 * @param count the largest number of documents
	 * @param filter the filter for the documents
	 * @return the documents, the closest one first
	 */
	List<Hit> nearest(float[] vector, int count, SearchFilter filter) {
		catchUp();
		return this.copy.values()
			.stream()
			.filter((entry) -> filter.matches(entry.document()))
			.map((entry) -> new Hit(dot(vector, entry.vector()), entry.document()))
			.sorted(Comparator.comparingDouble(Hit::score).reversed())
			.limit(count)
			.toList();
	}

	/**
	 * Returns the documents of another model.
	 * @param model the name of the model
	 * @param dimensions how many numbers its vectors have
	 * @return the documents, in the order of their ids
	 */
	List<Document> documentsOf(String model, int dimensions) {
		Map<String, Entry> found = new TreeMap<>();
		scan(VectorKeys.documents(model, dimensions), found);
		return found.values().stream().map(Entry::document).toList();
	}

	/**
	 * Updates the copy of this instance.
	 */
	synchronized void catchUp() {
		List<MapRecord<String, String, String>> changes = this.redis.<String, String>opsForStream()
			.range(this.keys.changes(), Range
				.rightUnbounded(this.seen.isEmpty() ? Range.Bound.unbounded() : Range.Bound.inclusive(this.seen)));
		// If the last change in the copy is not the first one here, changes may be
		// missing: the stream keeps only the latest changes, and none after FLUSHALL.
		if (changes == null || changes.isEmpty() || !changes.get(0).getId().getValue().equals(this.seen)) {
			reload();
			return;
		}
		if (changes.size() > 1) {
			Map<String, Entry> next = new HashMap<>(this.copy);
			for (MapRecord<String, String, String> change : changes.subList(1, changes.size())) {
				read(List.of(change.getValue().getOrDefault(IDS, "").split(",")), next);
			}
			this.copy = next;
			this.seen = changes.get(changes.size() - 1).getId().getValue();
		}
	}

	private void reload() {
		// Read the version first: the next update reads the changes that happen during
		// the reload.
		String version = version();
		Map<String, Entry> next = new HashMap<>();
		scan(this.keys.documents(), next);
		this.copy = next;
		this.seen = version;
	}

	private void scan(String key, Map<String, Entry> target) {
		try (Cursor<Map.Entry<String, String>> cursor = documents().scan(key,
				ScanOptions.scanOptions().count(SCAN_COUNT).build())) {
			cursor.forEachRemaining((entry) -> target.put(entry.getKey(), read(entry.getValue())));
		}
	}

	private void read(List<String> ids, Map<String, Entry> target) {
		List<? extends @Nullable String> values = documents().multiGet(this.keys.documents(), ids);
		for (int i = 0; i < ids.size(); i++) {
			String value = values.get(i);
			if (value != null) {
				target.put(ids.get(i), read(value));
			}
		}
	}

	private HashOperations<String, String, String> documents() {
		return this.redis.opsForHash();
	}

	private String write(Document document, float[] vector) {
		return this.json.writeValueAsString(new Stored(document, this.serializer.serialize(vector)));
	}

	private Entry read(String value) {
		Stored stored = this.json.readValue(value, Stored.class);
		float[] vector = this.serializer.deserialize(stored.vector());
		return new Entry(stored.document(), (vector != null) ? vector : new float[0]);
	}

	private String batchKey(String batchId) {
		return this.keys.batch(DigestUtils.md5DigestAsHex(batchId.getBytes(StandardCharsets.UTF_8)));
	}

	private static double dot(float[] one, float[] other) {
		double sum = 0;
		for (int i = 0; i < one.length; i++) {
			sum += one[i] * other[i];
		}
		return sum;
	}

	/**
	 * A document in Redis: JSON, with the vector in Base64.
	 *
	 * @param document the document
	 * @param vector the bytes of its vector
	 */
	private record Stored(Document document, byte[] vector) {

	}

	/**
	 * A document in the copy of an instance.
	 *
	 * @param document the document
	 * @param vector its vector
	 */
	private record Entry(Document document, float[] vector) {

	}

}
