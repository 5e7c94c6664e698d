package dev.weir.sample.service.chat;

import java.util.concurrent.Flow;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.FluxSink;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the stream of an OpenAI-compatible server line by line, and forwards the pieces
 * of the answer. Each line with data is a JSON object, and {@code [DONE]} ends the
 * stream. The chunk before it contains the usage, without a piece of the answer. Until
 * then, the tokens are counted by characters. If the stream ends in any other way, the
 * answer is not complete.
 */
class OpenAiStream implements Flow.Subscriber<String> {

	private static final String DATA = "data:";

	private final @Nullable Throwable refusal;

	private final long read;

	private final FluxSink<AnswerPiece> sink;

	private final JsonMapper json;

	private Flow.@Nullable Subscription lines;

	private long written;

	/**
	 * Creates a reader.
	 * @param refusal the failure for a response that contains no answer, {@code null} for
	 * an answer
	 * @param read the tokens that the model reads, by estimate
	 * @param sink the receiver of the answer
	 * @param json the reader of the chunks
	 */
	OpenAiStream(@Nullable Throwable refusal, long read, FluxSink<AnswerPiece> sink, JsonMapper json) {
		this.refusal = refusal;
		this.read = read;
		this.sink = sink;
		this.json = json;
	}

	@Override
	public void onSubscribe(Flow.Subscription subscription) {
		this.lines = subscription;
		this.sink.onDispose(subscription::cancel);
		if (this.refusal != null) {
			fail(this.refusal);
			return;
		}
		subscription.request(Long.MAX_VALUE);
	}

	@Override
	public void onNext(String line) {
		if (!line.startsWith(DATA)) {
			return;
		}
		String data = line.substring(DATA.length()).strip();
		if (data.equals("[DONE]")) {
			this.sink.complete();
			return;
		}
		try {
			JsonNode event = this.json.readTree(data);
			if (event.has("error")) {
				fail(new IllegalStateException("The model reported an error in its answer"));
				return;
			}
			String text = event.at("/choices/0/delta/content").asString("");
			// Other chunks may contain "usage": null.
			long used = event.at("/usage/total_tokens").asLong(0);
			this.written += text.length();
			if (!text.isEmpty() || used > 0) {
				long counted = this.read + ChatTokens.of(this.written);
				this.sink.next(new AnswerPiece(text, (used > 0) ? used : counted));
			}
		}
		catch (JacksonException ex) {
			fail(new IllegalStateException("The model sent something else than JSON"));
		}
	}

	@Override
	public void onError(Throwable failure) {
		this.sink.error(failure);
	}

	@Override
	public void onComplete() {
		// Has no effect after [DONE].
		this.sink.error(new IllegalStateException("The answer of the model ended too early"));
	}

	private void fail(Throwable failure) {
		this.sink.error(failure);
		if (this.lines != null) {
			this.lines.cancel();
		}
	}

}
