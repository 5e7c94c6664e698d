package dev.weir.sample.service.chat;

import org.jspecify.annotations.Nullable;

import org.springframework.http.codec.ServerSentEvent;
import org.springframework.stereotype.Component;

/**
 * Counts tokens of the chat for the limits {@code chat:tokens} and
 * {@code chat:tokens:month}. A model has its own tokenizer, which this service does not
 * know, so four characters count as one token: about right for English text. Errors do
 * not add up, because the usage that the model reports replaces the estimate.
 */
@Component
public class ChatTokens {

	private static final int CHARACTERS = 4;

	/** Characters of a usual note. The search for the notes begins after the estimate. */
	private static final int NOTE = 500;

	private final long context;

	ChatTokens(ChatProperties properties) {
		this.context = of(OpenAiAnswerer.INSTRUCTIONS.length() + (long) properties.notes() * NOTE)
				+ properties.maxAnswerTokens();
	}

	/**
	 * Estimates how many tokens an answer will use: the instructions, as many notes of
	 * usual length as an answer may use, the question, and the longest answer.
	 * @param question the question
	 * @return the estimate
	 */
	public long estimate(String question) {
		return this.context + of(question.length());
	}

	/**
	 * Returns how many tokens an answer has used up to an event.
	 * @param event an event of the answer
	 * @return the number, {@code null} if the event contains none
	 */
	public @Nullable Long used(ServerSentEvent<?> event) {
		return (event.data() instanceof Counted counted) ? counted.tokens() : null;
	}

	/**
	 * Counts the tokens of a text.
	 * @param characters the length of the text
	 * @return the number of tokens, rounded up
	 */
	public static long of(long characters) {
		return (characters + CHARACTERS - 1) / CHARACTERS;
	}

	/**
	 * Data of an event that contains the number of used tokens.
	 */
	interface Counted {

		/**
		 * Returns how many tokens the answer has used up to this event.
		 * @return the number
		 */
		long tokens();

	}

}
