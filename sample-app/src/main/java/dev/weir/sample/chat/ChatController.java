package dev.weir.sample.chat;

import java.util.List;
import java.util.Map;

import dev.weir.annotation.RateLimited;
import dev.weir.sample.search.Hit;
import dev.weir.sample.search.SearchFilter;
import dev.weir.sample.search.VectorSearchService;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * Chat over HTTP, as a stream of events: {@code notes} (what the answer is made from),
 * {@code text} for each piece of the answer, and {@code end} or {@code failure}.
 */
@RestController
class ChatController {

	private static final Logger logger = LoggerFactory.getLogger(ChatController.class);

	private final VectorSearchService search;

	private final Answerer answerer;

	private final ChatProperties properties;

	ChatController(VectorSearchService search, Answerer answerer, ChatProperties properties) {
		this.search = search;
		this.answerer = answerer;
		this.properties = properties;
	}

	@PostMapping(path = "/api/chat", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	@RateLimited(name = "chat:stream", limit = 60, window = "1m")
	@RateLimited(name = "chat:user", limit = 30, window = "1m", perUser = true)
	Flux<ServerSentEvent<Object>> streamChat(@Valid @RequestBody Question question) {
		// Before the stream begins, so that a failure still is an answer with a status.
		List<Hit> notes = this.search.search(question.question(), this.properties.notes(), SearchFilter.ALL)
			.hits()
			.stream()
			.filter((hit) -> hit.score() >= this.properties.minScore())
			.toList();
		Flux<ServerSentEvent<Object>> answer = Flux
			.concat(Flux.just(event("notes", Sources.of(this.answerer.description(), notes))),
					this.answerer.answer(question.question(), notes).map((text) -> event("text", new Piece(text))),
					Flux.just(event("end", Map.of())))
			.onErrorResume((failure) -> {
				logger.warn("An answer failed", failure);
				return Flux.just(event("failure", new Piece("The answer could not be finished.")));
			});
		return withHeartbeat(answer);
	}

	private Flux<ServerSentEvent<Object>> withHeartbeat(Flux<ServerSentEvent<Object>> answer) {
		// That a client has gone is noticed when something is sent.
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
	 * What is asked.
	 *
	 * @param question the question
	 */
	record Question(@NotBlank(message = "'question' must not be blank") @Size(max = 2000,
			message = "'question' must have at most {max} characters") String question) {

	}

	/**
	 * A piece of an answer. Not the bare text: readers of events drop a blank in front.
	 *
	 * @param text the text
	 */
	record Piece(String text) {

	}

	/**
	 * What an answer is made from.
	 *
	 * @param answeredBy what makes it
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
	 * @param score how close it is to the question
	 */
	record Source(String ticker, String company, String title, double score) {

	}

}
