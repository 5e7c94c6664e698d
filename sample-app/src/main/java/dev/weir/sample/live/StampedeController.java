package dev.weir.sample.live;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weir.sample.embedding.EmbeddingProperties;
import dev.weir.sample.embedding.EmbeddingService;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Many callers that ask for the same new embedding at the same time. A browser cannot do
 * that by itself: it makes six requests at a time and keeps the others waiting.
 */
@RestController
class StampedeController implements DisposableBean {

	private static final int THREADS = 100;

	private final EmbeddingService embeddings;

	private final ThreadPoolTaskExecutor callers = new ThreadPoolTaskExecutor();

	StampedeController(EmbeddingService embeddings) {
		this.embeddings = embeddings;
		this.callers.setCorePoolSize(THREADS);
		this.callers.setAllowCoreThreadTimeOut(true);
		this.callers.setDaemon(true);
		this.callers.setThreadNamePrefix("stampede-");
		this.callers.initialize();
	}

	@Override
	public void destroy() {
		this.callers.shutdown();
	}

	@PostMapping("/api/stampede")
	Result stampede(@Valid @RequestBody Stampede stampede) {
		String text = EmbeddingProperties.STAMPEDE + stampede.name();
		long start = System.nanoTime();
		List<CompletableFuture<Call>> calls = Stream
			.generate(() -> this.callers.submitCompletable(() -> call(text, start)))
			.limit(stampede.callers())
			.toList();
		return Result.of(calls.stream().map(CompletableFuture::join).toList());
	}

	private Call call(String text, long start) {
		long from = millisSince(start);
		boolean cached = this.embeddings.createEmbedding(text, this.embeddings.model()).cached();
		return new Call(from, millisSince(start), !cached);
	}

	private static long millisSince(long start) {
		return Duration.ofNanos(System.nanoTime() - start).toMillis();
	}

	/**
	 * What is asked.
	 *
	 * @param name what makes the text a new one; instances that are asked for the same
	 * name at the same time take part in the same stampede
	 * @param callers how many callers there are
	 */
	record Stampede(
			@NotBlank(message = "'name' must not be blank") @Size(max = 100,
					message = "'name' must have at most {max} characters") String name,
			@Min(value = 1, message = "'callers' must be at least {value}") @Max(value = 100,
					message = "'callers' must be at most {value}") int callers) {

	}

	/**
	 * What happened.
	 *
	 * @param computed how many of the callers computed the embedding
	 * @param waited how many of them waited for another one to compute it
	 * @param calls when each of them came and went
	 */
	record Result(long computed, long waited, List<Call> calls) {

		static Result of(List<Call> calls) {
			long computed = calls.stream().filter(Call::computed).count();
			return new Result(computed, calls.size() - computed, calls);
		}

	}

	/**
	 * One caller.
	 *
	 * @param fromMillis when it came
	 * @param toMillis when it had the embedding
	 * @param computed whether it computed it, and did not wait for another one
	 */
	record Call(@JsonProperty("from_ms") long fromMillis, @JsonProperty("to_ms") long toMillis, boolean computed) {

	}

}
