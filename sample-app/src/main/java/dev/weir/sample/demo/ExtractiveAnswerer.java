package dev.weir.sample.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.weir.sample.service.chat.AnswerPiece;
import dev.weir.sample.service.chat.Answerer;
import dev.weir.sample.service.chat.ChatTokens;
import dev.weir.sample.service.search.Document;
import dev.weir.sample.service.search.Hit;
import reactor.core.publisher.Flux;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;

/**
 * Answers with sentences of the notes, word for word, and names the company of each
 * sentence. This class uses no language model. It counts the tokens that it has sent.
 */
@Component
@ConditionalOnProperty(name = "sample.chat.provider", havingValue = "extractive")
class ExtractiveAnswerer implements Answerer {

	private static final String NOTHING = "The notes do not contain an answer.";

	/**
	 * Lowest score of a note that is used, as a share of the best score. Notes with a
	 * lower score are not relevant.
	 */
	private static final double CLOSE_TO_BEST = 0.75;

	/**
	 * Length up to which words are ignored, because short words do not show the topic of
	 * a sentence.
	 */
	private static final int SHORT_WORD = 3;

	private static final Pattern SENTENCE_END = Pattern.compile("(?<=[.!?])\\s+");

	private static final Pattern BEFORE_WORD = Pattern.compile("(?= )");

	private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

	private final Duration wordDelay;

	ExtractiveAnswerer(DemoProperties properties) {
		this.wordDelay = properties.wordDelay();
	}

	@Override
	public String description() {
		return "Sentences of the notes, word for word. No language model.";
	}

	@Override
	public Flux<AnswerPiece> answer(String question, List<Hit> notes) {
		List<AnswerPiece> pieces = new ArrayList<>();
		long sent = 0;
		for (String word : BEFORE_WORD.split(text(question, notes))) {
			sent += word.length();
			pieces.add(new AnswerPiece(word, ChatTokens.of(sent)));
		}
		Flux<AnswerPiece> words = Flux.fromIterable(pieces);
		return this.wordDelay.isZero() ? words : words.delayElements(this.wordDelay);
	}

	private static String text(String question, List<Hit> notes) {
		if (notes.isEmpty()) {
			return NOTHING;
		}
		double enough = notes.get(0).score() * CLOSE_TO_BEST;
		Set<String> wanted = words(question);
		return notes.stream()
			.filter((note) -> note.score() >= enough)
			.map(Hit::document)
			.map((document) -> bestSentence(document, wanted) + " [" + document.ticker() + "]")
			.collect(Collectors.joining(" "));
	}

	private static String bestSentence(Document document, Set<String> wanted) {
		List<String> sentences = List.of(SENTENCE_END.split(document.text().strip()));
		long most = sentences.stream().mapToLong((sentence) -> commonWords(sentence, wanted)).max().orElse(0);
		// If several sentences are equal, use the first one, because a note begins with
		// the most important facts.
		return sentences.stream().filter((sentence) -> commonWords(sentence, wanted) == most).findFirst().orElseThrow();
	}

	private static long commonWords(String sentence, Set<String> wanted) {
		return words(sentence).stream().filter(wanted::contains).count();
	}

	private static Set<String> words(String text) {
		return Arrays.stream(NO_WORD.split(text.toLowerCase(Locale.ROOT)))
			.filter((word) -> word.length() > SHORT_WORD)
			.collect(Collectors.toSet());
	}

}
