package dev.weir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Keeps the prose of sources, messages and documentation plain: an engineer whose second
 * language is English understands each sentence the first time. CONTRIBUTING.md has the
 * rules; this test checks those that a program can check.
 */
class PlainEnglishTests {

	private static final Path ROOT = Path.of("..");

	/** Words that hide the actor of a sentence, and verbs that only people can do. */
	private static final Pattern HIDDEN_ACTOR = Pattern
		.compile("\\b([Ww]ho|[Ww]hom|[Ww]hat)ever\\b|\\b([Nn]o|[Ss]ome)body\\b"
				+ "|\\b([Ss]ays?|[Ss]aid|[Hh]ears?|[Hh]eard|[Tt]ells?|[Tt]old)\\b");

	/** Lines that may use such a word. */
	private static final List<String> ALLOWED = List.of(
			// The value of the tag 'source' of weir.rate.limit.decisions.
			"`nobody`");

	private static final int MOST_WORDS = 25;

	private static final Pattern PUBLIC_TYPE = Pattern
		.compile("/\\*\\*(?<doc>(?:(?!\\*/).)*)\\*/\\s*(?:@[\\w.]+(?:\\((?:[^()]|\\([^()]*\\))*\\))?\\s*)*"
				+ "public (?:static |final |abstract |sealed |non-sealed )*(?:class|interface|record|enum|@interface) "
				+ "(?<name>\\w+)", Pattern.DOTALL);

	@Test
	void sourcesNameTheActorOfEachSentence() throws IOException {
		assertThat(violations(mainFiles(Set.of(".java", ".lua", ".yaml", ".yml", ".html", ".properties")))).isEmpty();
	}

	@Test
	void documentationNamesTheActorOfEachSentence() throws IOException {
		List<Path> pages = new ArrayList<>(files(ROOT.resolve("docs"), Set.of(".md")));
		Stream.of("README.md", "CHANGELOG.md", "CONTRIBUTING.md").map(ROOT::resolve).forEach(pages::add);
		assertThat(pages).hasSizeGreaterThan(10);
		assertThat(violations(pages)).isEmpty();
	}

	@Test
	void publicTypesAreDescribedByAShortFirstSentence() throws IOException {
		List<String> tooLong = new ArrayList<>();
		for (Path file : mainFiles(Set.of(".java"))) {
			Matcher type = PUBLIC_TYPE.matcher(Files.readString(file));
			while (type.find()) {
				String sentence = firstSentence(type.group("doc"));
				if (sentence.split(" ").length > MOST_WORDS) {
					tooLong.add(type.group("name") + ": " + sentence);
				}
			}
		}
		assertThat(tooLong).isEmpty();
	}

	private static String firstSentence(String javadoc) {
		String text = javadoc.replaceAll("(?m)^\\s*\\*", " ")
			.replaceAll("\\{@\\w+ ([^}]*)\\}", "$1")
			.replaceAll("<[^>]+>", ". ")
			.replaceAll("\\s@\\w.*", "")
			.replaceAll("\\s+", " ")
			.trim();
		int end = text.indexOf(". ");
		return (end >= 0) ? text.substring(0, end) : text;
	}

	private static List<String> violations(List<Path> files) throws IOException {
		List<String> found = new ArrayList<>();
		for (Path file : files) {
			List<String> lines = Files.readAllLines(file);
			for (int i = 0; i < lines.size(); i++) {
				String line = lines.get(i);
				if (HIDDEN_ACTOR.matcher(line).find() && ALLOWED.stream().noneMatch(line::contains)) {
					found.add(ROOT.relativize(file) + ":" + (i + 1) + ": " + line.trim());
				}
			}
		}
		return found;
	}

	private static List<Path> mainFiles(Set<String> endings) throws IOException {
		List<Path> all = new ArrayList<>();
		try (Stream<Path> modules = Files.list(ROOT)) {
			for (Path module : modules.map((path) -> path.resolve("src/main")).filter(Files::isDirectory).toList()) {
				all.addAll(files(module, endings));
			}
		}
		assertThat(all).hasSizeGreaterThan(10);
		return all;
	}

	private static List<Path> files(Path folder, Set<String> endings) {
		try (Stream<Path> files = Files.walk(folder)) {
			return files.filter(Files::isRegularFile)
				.filter((file) -> endings.stream().anyMatch(file.getFileName().toString()::endsWith))
				.sorted()
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
