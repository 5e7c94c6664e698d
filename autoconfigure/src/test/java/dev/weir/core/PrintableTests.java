package dev.weir.core;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Printable}, and for {@link Log}, which applies it.
 */
class PrintableTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			"plain text, ü, 中, 😀" | "plain text, ü, 中, 😀"
			"\n" | \\u000a
			"a\r\nb\tc" | a\\u000d\\u000ab\\u0009c
			"\u001b[31mred" | \\u001b[31mred
			"\u0085\u2028\u2029" | \\u0085\\u2028\\u2029
			"\u202Egpj.exe" | \\u202egpj.exe
			"lone \uD800 and \uDC00" | lone \\ud800 and \\udc00
			"\uDB40\uDC41" | \\udb40\\udc41
			""")
	void escapesCharactersThatAreNotPrintable(String text, String printable) {
		assertThat(Printable.of(text)).isEqualTo(printable);
		assertThat(Printable.isPrintable(text)).isEqualTo(text.equals(printable));
	}

	@Test
	void boundsTheLength() {
		assertThat(Printable.of("x".repeat(Printable.MAX_LENGTH))).hasSize(Printable.MAX_LENGTH);
		assertThat(Printable.of("x".repeat(20_000_000))).hasSizeLessThan(Printable.MAX_LENGTH + 40)
			.endsWith("x… (20000000 characters)");
		assertThat(Printable.of("\n".repeat(20_000_000))).hasSizeLessThan(6 * Printable.MAX_LENGTH + 40);
	}

	@Test
	void aLogLineContainsNoTextThatBeginsAnotherLine() {
		Throwable cause = new IllegalStateException("cause\n2026-01-01 ERROR forged 1");
		List<String> lines = logged(() -> Log.of(PrintableTests.class)
			.warn("{} and {}", "text\n2026-01-01 ERROR forged 2", 7,
					new IllegalArgumentException("message\r\u001b[0mforged 3", cause)));
		assertThat(lines.stream().filter((line) -> line.contains("forged"))).containsExactly(
				"WARN PrintableTests.lambda$aLogLineContainsNoTextThatBeginsAnotherLine$0 text\\u000a2026-01-01 ERROR forged 2 and 7",
				"java.lang.IllegalArgumentException: message\\u000d\\u001b[0mforged 3",
				"Caused by: java.lang.IllegalStateException: cause\\u000a2026-01-01 ERROR forged 1");
		assertThat(lines).anyMatch((line) -> line.contains("at dev.weir.core.PrintableTests"));
	}

	@Test
	@Timeout(20)
	void exceptionsThatAreCausesOfEachOtherOrSuppressedAreLogged() {
		IllegalStateException first = new IllegalStateException("first\nforged");
		IllegalStateException second = new IllegalStateException("second", first);
		first.initCause(second);
		second.addSuppressed(new IllegalStateException("suppressed\nforged"));
		IllegalStateException printable = new IllegalStateException("x".repeat(100_000));
		printable.initCause(new IllegalStateException("cause", printable));
		List<String> lines = logged(() -> {
			Log.of(PrintableTests.class).warn("a cycle", first);
			Log.of(PrintableTests.class).warn("long", printable);
		});
		assertThat(lines).noneMatch((line) -> line.startsWith("forged"))
			.allSatisfy((line) -> assertThat(line).hasSizeLessThan(Printable.MAX_LENGTH + 300));
		assertThat(lines).anyMatch((line) -> line.contains("suppressed\\u000aforged"));
	}

	private static List<String> logged(Runnable action) {
		Logger logger = (Logger) LoggerFactory.getLogger(PrintableTests.class);
		PatternLayoutEncoder layout = new PatternLayoutEncoder();
		layout.setContext(logger.getLoggerContext());
		layout.setPattern("%level %class{0}.%method %msg%n");
		layout.start();
		ByteArrayOutputStream output = new ByteArrayOutputStream();
		OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
		appender.setContext(logger.getLoggerContext());
		appender.setEncoder(layout);
		appender.setOutputStream(output);
		appender.start();
		logger.addAppender(appender);
		try {
			action.run();
		}
		finally {
			logger.detachAppender(appender);
		}
		return output.toString(StandardCharsets.UTF_8).lines().toList();
	}

}
