package dev.weir.sample;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.Semaphore;
import dev.weir.sample.service.embedding.EmbeddingService;
import dev.weir.sample.service.search.VectorSearchService;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the policies have the values of the Python service.
 */
class PolicyTests {

	@Test
	void createEmbedding() {
		DistributedLock lock = method(EmbeddingService.class, "createEmbedding").getAnnotation(DistributedLock.class);
		assertThat(lock.name()).isEqualTo("embedding_lock");
		assertThat(lock.key()).isEqualTo("#md5(#text + ':' + #model)");
		assertThat(lock.timeout()).isEqualTo("60s");
	}

	@Test
	void createEmbeddingsBatch() {
		Semaphore semaphore = method(EmbeddingService.class, "createEmbeddingsBatch").getAnnotation(Semaphore.class);
		assertThat(semaphore.name()).isEqualTo("embedding_batch");
		assertThat(semaphore.limit()).isEqualTo(3);
		assertThat(semaphore.timeout()).isEqualTo("300s");
	}

	@Test
	void search() {
		DistributedLock lock = method(VectorSearchService.class, "search").getAnnotation(DistributedLock.class);
		assertThat(lock.name()).isEqualTo("search_lock");
		assertThat(lock.key()).isEqualTo("#md5(#query + ':' + #topK + ':' + #filter)");
		assertThat(lock.timeout()).isEqualTo("30s");
	}

	@Test
	void upsert() {
		DistributedLock lock = method(VectorSearchService.class, "upsert").getAnnotation(DistributedLock.class);
		assertThat(lock.name()).isEqualTo("upsert_batch");
		assertThat(lock.key()).isEqualTo("#md5(#batch.batchId)");
		assertThat(lock.timeout()).isEqualTo("300s");
		Semaphore semaphore = method(VectorSearchService.class, "upsert").getAnnotation(Semaphore.class);
		assertThat(semaphore.name()).isEqualTo("vector_upsert");
		assertThat(semaphore.limit()).isEqualTo(2);
		assertThat(semaphore.timeout()).isEqualTo("600s");
	}

	@Test
	void streamChat() throws Exception {
		List<RateLimited> limits = limitsOfTheChat().stream().filter((limit) -> limit.settle().isEmpty()).toList();
		assertThat(limits).extracting(RateLimited::name).containsExactly("chat:stream", "chat:user");
		assertThat(limits).extracting(RateLimited::limit).containsExactly(60L, 30L);
		assertThat(limits).extracting(RateLimited::window).containsExactly("1m", "1m");
		assertThat(limits).extracting(RateLimited::perUser).containsExactly(false, true);
	}

	@Test
	void streamChatHasLimitsOnTokensInAddition() throws Exception {
		List<RateLimited> limits = limitsOfTheChat();
		assertThat(limits).extracting(RateLimited::name)
			.containsExactly("chat:stream", "chat:user", "chat:tokens", "chat:tokens:month");
		assertThat(limits).extracting(RateLimited::limit).endsWith(60_000L, 2_000_000L);
		assertThat(limits).extracting(RateLimited::window).endsWith("1m", "month");
		assertThat(limits).extracting(RateLimited::perUser).endsWith(true, true);
	}

	private static List<RateLimited> limitsOfTheChat() throws Exception {
		return List.of(method(Class.forName("dev.weir.sample.service.chat.ChatController"), "streamChat")
			.getAnnotationsByType(RateLimited.class));
	}

	@Test
	void vectorSearch() throws Exception {
		RateLimited limit = method(Class.forName("dev.weir.sample.service.search.SearchController"), "vectorSearch")
			.getAnnotation(RateLimited.class);
		assertThat(limit.name()).isEqualTo("search:vector");
		assertThat(limit.limit()).isEqualTo(100);
		assertThat(limit.window()).isEqualTo("1m");
	}

	private static Method method(Class<?> type, String name) {
		return Arrays.stream(type.getDeclaredMethods())
			.filter((method) -> method.getName().equals(name) && !method.isSynthetic())
			.findFirst()
			.orElseThrow();
	}

}
