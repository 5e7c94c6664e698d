package dev.weir.sample.service.chat;

import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.weir.annotation.RateLimited;
import dev.weir.sample.service.search.Hit;
import dev.weir.sample.service.search.SearchFilter;
import dev.weir.sample.service.search.VectorSearchService;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.context.ApplicationContext;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Answers questions over HTTP, as a stream of events: {@code notes} (the sources of the
 * answer), {@code text} for each piece of the answer, and {@code end} (with the number of
 * tokens that the answer has used) or {@code failure}.
 */
@RestController
class ChatController {

	private static final Logger logger = LoggerFactory.getLogger(ChatController.class);

	private final VectorSearchService search;

	private final Answerer answerer;

	private final ChatProperties properties;

	private final ApplicationContext application;

	private final Sinks.One<Throwable> shutdown = Sinks.one();

	ChatController(VectorSearchService search, Answerer answerer, ChatProperties properties,
			ApplicationContext application) {
		this.search = search;
		this.answerer = answerer;
		this.properties = properties;
		this.application = application;
	}

	@PostMapping(path = "/api/chat", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	// The condition uses the argument. So all limits are charged after its validation,
	// in one step, and an invalid question is free.
	@RateLimited(name = "chat:stream", limit = 60, window = "1m", condition = "#question != null")
	@RateLimited(name = "chat:user", limit = 30, window = "1m", perUser = true)
	// The estimate is taken before the answer and settled at its end, also if the answer
	// fails or the client goes away: the last event counts that contains a number.
	@RateLimited(name = "chat:tokens", limit = 60_000, window = "1m", perUser = true,
			costExpression = "@chatTokens.estimate(#question.question())", settle = "@chatTokens.used(#result)")
	@RateLimited(name = "chat:tokens:month", limit = 2_000_000, window = "month", perUser = true,
			costExpression = "@chatTokens.estimate(#question.question())", settle = "@chatTokens.used(#result)")
	Flux<ServerSentEvent<Object>> streamChat(@Valid @RequestBody Question question) {
		// Search before the stream begins, so that a failure of the search still has a
		// status.
		List<Hit> notes = this.search.search(question.question(), this.properties.notes(), SearchFilter.ALL)
			.hits()
			.stream()
			.filter((hit) -> hit.score() >= this.properties.minScore())
			.toList();
		AtomicLong tokens = new AtomicLong();
		Flux<ServerSentEvent<Object>> events = Flux.concat(
				Flux.just(event("notes", Sources.of(this.answerer.description(), notes))),
				this.answerer.answer(question.question(), notes)
					.doOnNext((piece) -> tokens.set(piece.tokens()))
					.filter((piece) -> !piece.text().isEmpty())
					.map((piece) -> event("text", new Piece(piece.text(), piece.tokens()))),
				Flux.defer(() -> Flux.just(event("end", new End(tokens.get())))));
		return withHeartbeat(
				Ends.failOn(events, Mono.firstWithValue(this.shutdown.asMono(), tooLong())).onErrorResume((failure) -> {
					logger.warn("An answer of the chat failed: {}", failure.toString());
					String text = (failure instanceof AnswererBusyException busy) ? busy.advice()
							: "The answer could not be finished.";
					return Flux.just(event("failure", new Piece(text, tokens.get())));
				}));
	}

	/**
	 * Ends the answers that still run when the time for them is over: the server would
	 * cut their connections.
	 * @param event the end of a context
	 */
	@EventListener
	void stop(ContextClosedEvent event) {
		if (event.getApplicationContext() != this.application) {
			// A child context has ended, for example that of the management port.
			return;
		}
		Mono.delay(this.properties.shutdownGrace())
			.subscribe((elapsed) -> this.shutdown
				.tryEmitValue(new IllegalStateException("The instance ends before the answer")));
	}

	private Mono<Throwable> tooLong() {
		return Mono.delay(this.properties.timeout())
			.map((elapsed) -> new TimeoutException("The answer took longer than the time-out"));
	}

	private Flux<ServerSentEvent<Object>> withHeartbeat(Flux<ServerSentEvent<Object>> answer) {
		// The server detects a closed connection only when it sends data.
		Flux<ServerSentEvent<Object>> beats = Flux.interval(this.properties.heartbeat())
			.onBackpressureDrop()
			.map((beat) -> ServerSentEvent.builder().comment("").build());
		Sinks.Empty<Void> end = Sinks.empty();
		return Flux.merge(answer.doOnTerminate(end::tryEmitEmpty), beats.takeUntilOther(end.asMono()));
	}

	private static ServerSentEvent<Object> event(String name, Object data) {
		return ServerSentEvent.builder(data).event(name).build();
	}

	/**
	 * A question.
	 *
	 * @param question the question
	 */
	record Question(@NotBlank(message = "'question' must not be blank") @Size(max = 2000,
			message = "'question' must have at most {max} characters") String question) {

	}

	/**
	 * A piece of an answer. The text is inside of an object, because clients drop a
	 * leading blank of a bare text.
	 *
	 * @param text the text
	 * @param tokens how many tokens the answer has used up to this piece
	 */
	record Piece(String text, @JsonIgnore long tokens) implements ChatTokens.Counted {

	}

	/**
	 * The end of an answer.
	 *
	 * @param tokens how many tokens the answer has used
	 */
	record End(long tokens) implements ChatTokens.Counted {

	}

	/**
	 * The sources of an answer.
	 *
	 * @param answeredBy the description of the answerer
	 * @param notes the notes
	 */
	record Sources(String answeredBy, List<Source> notes) {

		static Sources of(String answeredBy, List<Hit> hits) {
			return new Sources(answeredBy,
					hits.stream()
						.map((hit) -> new Source(hit.document().ticker(), hit.document().company(),
								hit.document().title(), hit.score()))
						.toList());
		}

	}

	/**
	 * A note.
	 *
	 * @param ticker the symbol of the company
	 * @param company the name of the company
	 * @param title the title
	 * @param score the similarity to the question
	 */
	record Source(String ticker, String company, String title, double score) {

	}

}
