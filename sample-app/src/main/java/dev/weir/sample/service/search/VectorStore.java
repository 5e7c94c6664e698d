package dev.weir.sample.service.search;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.weir.sample.service.redis.MemoryBudget;
import dev.weir.sample.service.search.DocumentFormat.Entry;
import dev.weir.transaction.OptimisticLockException;
import dev.weir.transaction.RedisTransaction;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.spring.SpringValueSerializer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.dao.QueryTimeoutException;
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

	private static final long PATIENCE_SECONDS = 2;

	private static final String IDS = "ids";

	private final StringRedisTemplate redis;

	private final RedisTransactionOperations transactions;

	private final VectorKeys keys;

	private final JsonMapper json;

	private final SearchProperties properties;

	private final MemoryBudget memory;

	private final DocumentFormat format;

	private final ReentrantLock reading = new ReentrantLock();

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
		this.format = new DocumentFormat(json);
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
	 * Returns whether a user has stored a batch.
	 * @param owner the user
	 * @param batch the batch
	 * @return whether the batch was stored
	 * @throws BatchConflictException if the user has stored other documents under its id
	 */
	boolean contains(String owner, DocumentBatch batch) {
		String stored = this.redis.opsForValue().get(batchKey(owner, batch));
		if (stored != null && !stored.equals(digest(batch))) {
			throw new BatchConflictException(batch.batchId());
		}
		return stored != null;
	}

	/**
	 * Requires that there is room for a batch. Uploads that run at the same time can
	 * exceed the limits by their own size.
	 * @param owner the user
	 * @param batch the batch
	 * @throws StorageFullException if there is no room
	 */
	void requireRoom(String owner, DocumentBatch batch) {
		catchUp();
		Map<String, Entry> known = this.copy;
		long added = batch.documents()
			.stream()
			.filter((document) -> !known.containsKey(field(owner, document)))
			.count();
		if (added > 0 && known.size() + added > this.properties.maxDocuments()) {
			throw new StorageFullException("There are " + this.properties.maxDocuments()
					+ " documents at most. Set 'sample.search.max-documents' to store more");
		}
		String own = tag(owner) + "/";
		if (added > 0 && known.keySet().stream().filter((field) -> field.startsWith(own)).count()
				+ added > this.properties.maxDocumentsPerUser()) {
			throw new StorageFullException(
					"Each user may store " + this.properties.maxDocumentsPerUser() + " documents");
		}
		if (!this.memory.hasRoomForUploads()) {
			throw new StorageFullException("The memory of Redis is almost full");
		}
	}

	/**
	 * Stores a batch, and removes the cached results of searches, which do not contain
	 * the batch. Documents replace those with the same id of the same user.
	 * @param owner the user
	 * @param batch the batch
	 * @param vectors the vectors of its documents
	 */
	void add(String owner, DocumentBatch batch, List<float[]> vectors) {
		Map<String, String> entries = new HashMap<>();
		for (int i = 0; i < vectors.size(); i++) {
			Document document = batch.documents().get(i);
			entries.put(field(owner, document), this.format.write(document, vectors.get(i)));
		}
		try {
			store(() -> entries, (tx) -> tx.set(batchKey(owner, batch), digest(batch), this.properties.batchTtl()));
		}
		catch (OptimisticLockException ex) {
			throw new BatchNotStoredException(batch.batchId());
		}
	}

	/**
	 * Stores documents, except for those that are there already.
	 * @param documents the documents, by their field in the hash
	 * @param vectors the vectors, in the order of the documents
	 */
	void addMissing(Map<String, Document> documents, List<float[]> vectors) {
		Map<String, String> entries = new LinkedHashMap<>();
		documents
			.forEach((field, document) -> entries.put(field, this.format.write(document, vectors.get(entries.size()))));
		store(() -> {
			Map<String, String> missing = new HashMap<>(entries);
			missing.keySet().removeAll(existing(List.copyOf(entries.keySet())));
			return missing;
		}, (tx) -> {
		});
	}

	private Set<String> existing(List<String> fields) {
		List<? extends @Nullable String> values = documents().multiGet(this.keys.documents(), fields);
		return IntStream.range(0, fields.size())
			.filter((i) -> values.get(i) != null)
			.mapToObj(fields::get)
			.collect(Collectors.toSet());
	}

	private void store(Supplier<Map<String, String>> added, Consumer<RedisTransaction> more) {
		this.transactions.executeWithoutResult((tx) -> {
			// If a search stores its result or an upload its documents at the same time,
			// this transaction runs again.
			tx.get(this.keys.kept(), String.class);
			tx.get(this.keys.uploads(), String.class);
			Map<String, String> entries = added.get();
			if (entries.isEmpty()) {
				return;
			}
			Set<String> results = this.redis.opsForZSet().range(this.keys.results(), 0, -1);
			tx.hashPutAll(this.keys.documents(), entries);
			tx.streamAdd(this.keys.changes(), Map.of(IDS, String.join(",", entries.keySet())), REMEMBERED_CHANGES);
			tx.increment(this.keys.uploads(), 1);
			tx.deleteAll((results != null) ? results : Set.of());
			tx.delete(this.keys.results());
			more.accept(tx);
		});
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
	 * @return the documents, by their field in the hash
	 */
	Map<String, Document> documentsOf(String model, int dimensions) {
		Map<String, Document> found = new TreeMap<>();
		scan(VectorKeys.documents(model, dimensions), (field, value) -> {
			Document document = this.format.readDocument(field, value);
			if (document != null) {
				found.put(field, document);
			}
		});
		return found;
	}

	/**
	 * Updates the copy of this instance. One thread reads the changes. If it gets no
	 * answer from Redis, the others do not wait for each other.
	 * @throws QueryTimeoutException if another thread reads for too long
	 */
	void catchUp() {
		try {
			if (!this.reading.tryLock(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
				throw new QueryTimeoutException("Another request reads the documents");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new QueryTimeoutException("Interrupted while another request reads the documents", ex);
		}
		try {
			readChanges();
		}
		finally {
			this.reading.unlock();
		}
	}

	private void readChanges() {
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
		scan(this.keys.documents(), (field, value) -> read(field, value, next));
		this.copy = next;
		this.seen = version;
	}

	private void scan(String key, BiConsumer<String, String> target) {
		try (Cursor<Map.Entry<String, String>> cursor = documents().scan(key,
				ScanOptions.scanOptions().count(SCAN_COUNT).build())) {
			cursor.forEachRemaining((entry) -> target.accept(entry.getKey(), entry.getValue()));
		}
	}

	private void read(List<String> ids, Map<String, Entry> target) {
		List<? extends @Nullable String> values = documents().multiGet(this.keys.documents(), ids);
		for (int i = 0; i < ids.size(); i++) {
			String value = values.get(i);
			if (value != null) {
				read(ids.get(i), value, target);
			}
		}
	}

	private HashOperations<String, String, String> documents() {
		return this.redis.opsForHash();
	}

	private void read(String field, String value, Map<String, Entry> target) {
		Entry entry = this.format.read(field, value, this.keys.dimensions());
		if (entry != null) {
			target.put(field, entry);
		}
	}

	private String batchKey(String owner, DocumentBatch batch) {
		return this.keys.batch(tag(owner) + ":" + md5(batch.batchId()));
	}

	private String digest(DocumentBatch batch) {
		// This distinguishes a batch that is sent again from another batch with the same
		// id.
		return md5(this.json.writeValueAsString(batch.documents()));
	}

	private static String field(String owner, Document document) {
		return tag(owner) + "/" + document.id();
	}

	private static String tag(String owner) {
		// A name may contain any character.
		return md5(owner);
	}

	private static String md5(String text) {
		return DigestUtils.md5DigestAsHex(text.getBytes(StandardCharsets.UTF_8));
	}

	private static double dot(float[] one, float[] other) {
		double sum = 0;
		for (int i = 0; i < one.length; i++) {
			sum += one[i] * other[i];
		}
		return sum;
	}

}
