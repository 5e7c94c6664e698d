package dev.weir.sample.chat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.weir.sample.search.Document;
import dev.weir.sample.search.Hit;
import reactor.core.publisher.Flux;

/**
 * Answers with sentences of the notes, word for word, and says of which company each of
 * them is. There is no language model in it.
 */
class ExtractiveAnswerer implements Answerer {

	private static final String NOTHING = "The notes do not say.";

	/** Notes that are much further away than the best one are beside the point. */
	private static final double CLOSE_TO_BEST = 0.75;

	/** Short words say little about what a sentence is about. */
	private static final int SHORT_WORD = 3;

	private static final Pattern SENTENCE_END = Pattern.compile("(?<=[.!?])\\s+");

	private static final Pattern BEFORE_WORD = Pattern.compile("(?= )");

	private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

	private final Duration wordDelay;

	ExtractiveAnswerer(Duration wordDelay) {
		this.wordDelay = wordDelay;
	}

	@Override
	public String description() {
		return "Extractive: sentences of the notes, word for word. No language model.";
	}

	@Override
	public Flux<String> answer(String question, List<Hit> notes) {
		Flux<String> words = Flux.fromArray(BEFORE_WORD.split(text(question, notes)));
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
		// The first one of several, since a note begins with what matters most.
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
