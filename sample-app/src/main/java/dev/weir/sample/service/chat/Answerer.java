package dev.weir.sample.service.chat;

import java.util.List;

import dev.weir.sample.service.search.Hit;
import reactor.core.publisher.Flux;

/**
 * Answers questions from notes. Implementations are thread-safe.
 */
public interface Answerer {

	/**
	 * Returns a description of this answerer, for users.
	 * @return the description
	 */
	String description();

	/**
	 * Answers a question.
	 * @param question the question
	 * @param notes the notes that the answer may use, with their similarity to the
	 * question
	 * @return the answer, piece by piece, with the number of tokens that it has used; a
	 * cancellation ends the work on the answer
	 */
	Flux<AnswerPiece> answer(String question, List<Hit> notes);

}
