package dev.weir.sample.demo;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weir.sample.service.embedding.EmbeddingService;
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
 * Runs many callers that request the same new embedding at the same time. A browser
 * cannot do this itself, because it sends only six requests at a time and lets the others
 * wait.
 */
@RestController
class StampedeController implements DisposableBean {

	/** Beginning of the texts whose embedding a stampede requests. */
	static final String TEXT = "Stampede ";

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
		String text = TEXT + stampede.name();
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
	 * A request for a stampede.
	 *
	 * @param name the part of the text that makes the text new; requests with the same
	 * name to several instances at the same time are one stampede
	 * @param callers the number of callers
	 */
	record Stampede(
			@NotBlank(message = "'name' must not be blank") @Size(max = 100,
					message = "'name' must have at most {max} characters") String name,
			@Min(value = 1, message = "'callers' must be at least {value}") @Max(value = 100,
					message = "'callers' must be at most {value}") int callers) {

	}

	/**
	 * The result of a stampede.
	 *
	 * @param computed the number of callers that computed the embedding
	 * @param waited the number of callers that waited for the result of another caller
	 * @param calls the start and end of each call
	 */
	record Result(long computed, long waited, List<Call> calls) {

		static Result of(List<Call> calls) {
			long computed = calls.stream().filter(Call::computed).count();
			return new Result(computed, calls.size() - computed, calls);
		}

	}

	/**
	 * The call of one caller.
	 *
	 * @param fromMillis the start of the call, in milliseconds since the start of the
	 * stampede
	 * @param toMillis the end of the call, in milliseconds since the start of the
	 * stampede
	 * @param computed whether the caller computed the embedding and did not wait for
	 * another caller
	 */
	record Call(@JsonProperty("from_ms") long fromMillis, @JsonProperty("to_ms") long toMillis, boolean computed) {

	}

}
