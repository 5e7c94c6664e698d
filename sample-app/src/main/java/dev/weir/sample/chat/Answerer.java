package dev.weir.sample.chat;

import java.util.List;

import dev.weir.sample.search.Hit;
import reactor.core.publisher.Flux;

/**
 * Answers questions from notes. Implementations are thread-safe.
 */
interface Answerer {

	/**
	 * Says what answers, for people to read.
	 * @return the description
	 */
	String description();

	/**
	 * Answers a question.
	 * @param question the question
	 * @param notes the notes that may be used, with how close they are to the question
	 * @return the answer, piece by piece; cancelling it ends the work on it
	 */
	Flux<String> answer(String question, List<Hit> notes);

}
