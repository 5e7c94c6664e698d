package dev.weir.aop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.weir.annotation.RateLimited;
import dev.weir.autoconfigure.WeirAopAutoConfiguration;
import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRateLimitAutoConfiguration;
import dev.weir.policy.Rate;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.RateLimitExceededException;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.Reservation;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The recipes of {@code docs/budgets.md}.
 */
class BudgetRecipesTests {

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("weir.store=local")
		.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
				WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class))
		.withBean("tokens", Tokens.class, () -> (text) -> 5 + text.length() / 2)
		.withBean("plans", Plans.class,
				() -> (tenant) -> Map.of("small", "1000/day", "large", "1000000/month").getOrDefault(tenant, "0"))
		.withBean("models", Models.class, TestModels::new)
		.withBean(Assistant.class);

	@Test
	void thePageShowsThisCode() throws IOException {
		String code = plain(Files.readString(Path.of("src/test/java/dev/weir/aop/BudgetRecipesTests.java")));
		String page = Files.readString(Path.of("..", "docs", "budgets.md"));
		String recipes = page.substring(page.indexOf("\n## Recipes\n"));
		assertThat(Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(recipes).results()).hasSize(4)
			.allSatisfy((block) -> assertThat(code).contains(plain(block.group(1))));
	}

	private static String plain(String code) {
		return code.lines().map(String::trim).filter((line) -> !line.isEmpty()).collect(Collectors.joining(" "));
	}

	@Test
	void aPlanIsTheLimitOfItsTenant() {
		run((assistant, limits) -> {
			assistant.ask("small", "four");
			assertThatExceptionOfType(RateLimitExceededException.class)
				.isThrownBy(() -> assistant.ask("small", "x".repeat(3000)));
			assistant.ask("large", "x".repeat(3000));
			assertThatExceptionOfType(RateLimitExceededException.class).isThrownBy(() -> assistant.ask("none", "four"));
			assertThat(left(limits, "tenant:tokens", "small", "1000/day").remaining()).isEqualTo(990);
			assertThat(left(limits, "tenant:tokens", "large", "1000000/month").remaining()).isEqualTo(999_990);
		});
	}

	@Test
	void eachModelHasItsOwnLimitsAndADenialByOneTakesNothingFromTheOther() {
		run((assistant, limits) -> {
			assistant.complete("slow", "four");
			assertThatExceptionOfType(RateLimitExceededException.class)
				.isThrownBy(() -> assistant.complete("slow", "four"))
				.returns("provider:requests", RateLimitExceededException::getPolicy);
			assertThat(left(limits, "provider:tokens", "slow", "100/365d").remaining()).isEqualTo(90);
			assistant.complete("fast", "four");
			assistant.complete("fast", "four");
			assertThat(left(limits, "provider:tokens", "fast", "100000/365d").remaining()).isEqualTo(99_980);
		});
	}

	@Test
	void chatAndEmbeddingsShareABudget() {
		run((assistant, limits) -> {
			assistant.chat("alice", "four");
			assistant.embed("alice", "x".repeat(40));
			assertThat(left(limits, "user:tokens", "alice", "1000000/month").remaining())
				.isEqualTo(1_000_000 - 10 - 25);
			assertThat(left(limits, "user:tokens", "bob", "1000000/month").remaining()).isEqualTo(1_000_000);
		});
	}

	@Test
	void aFailedCallPaysWhatTheProviderBills() {
		run((assistant, limits) -> {
			assertThatExceptionOfType(ProviderException.class).isThrownBy(() -> assistant.complete("bill", "fail"));
			assertThat(left(limits, "provider:tokens", "bill", "100000/365d").remaining()).isEqualTo(100_000);
			assertThatExceptionOfType(ProviderException.class).isThrownBy(() -> assistant.billed("fail"));
			assertThat(limits.peek(RateLimitSpec.of("billed:tokens")).remaining()).isEqualTo(100_000 - 7);
			assistant.billed("four");
			assertThat(limits.peek(RateLimitSpec.of("billed:tokens")).remaining()).isEqualTo(100_000 - 17);
		});
	}

	private static Decision left(RateLimitOperations limits, String policy, String key, String limit) {
		Rate rate = Rate.valueOf(limit);
		return limits.peek(RateLimitSpec.of(policy).key(key).limit(rate.window().limit(rate.limit(), null, UTC)));
	}

	private void run(BiConsumer<Assistant, RateLimitOperations> code) {
		this.runner.run(
				(context) -> code.accept(context.getBean(Assistant.class), context.getBean(RateLimitOperations.class)));
	}

	@FunctionalInterface
	interface Tokens {

		long estimate(String text);

	}

	@FunctionalInterface
	interface Plans {

		String limitOf(String tenant);

	}

	interface Models {

		String requests(String model);

		String tokens(String model);

	}

	static final class TestModels implements Models {

		@Override
		public String requests(String model) {
			return model.equals("slow") ? "1/365d" : "500/365d";
		}

		@Override
		public String tokens(String model) {
			return model.equals("slow") ? "100/365d" : "100000/365d";
		}

	}

	record Usage(long totalTokens) {

	}

	record Answer(String text, Usage usage) {

	}

	static class ProviderException extends RuntimeException {

		long billedTokens() {
			return 7;
		}

	}

	static class Model {

		Answer answer(String text) {
			if (text.equals("fail")) {
				throw new ProviderException();
			}
			return new Answer("answer", new Usage(10));
		}

		float[] vector(String text) {
			return new float[0];
		}

	}

	static class Assistant {

		private final Model model = new Model();

		@RateLimited(name = "tenant:tokens", key = "#tenant", limitExpression = "@plans.limitOf(#tenant)",
				costExpression = "@tokens.estimate(#question)", settle = "#result.usage.totalTokens")
		Answer ask(String tenant, String question) {
			return this.model.answer(question);
		}

		@RateLimited(name = "provider:requests", key = "#model", limitExpression = "@models.requests(#model)",
				waitTime = "10s")
		@RateLimited(name = "provider:tokens", key = "#model", limitExpression = "@models.tokens(#model)",
				waitTime = "10s", costExpression = "@tokens.estimate(#prompt)", settle = "#result.usage.totalTokens")
		Answer complete(String model, String prompt) {
			return this.model.answer(prompt);
		}

		@RateLimited(name = "user:tokens", limit = 1_000_000, window = "month", key = "#user",
				costExpression = "@tokens.estimate(#question)", settle = "#result.usage.totalTokens")
		Answer chat(String user, String question) {
			return this.model.answer(question);
		}

		@RateLimited(name = "user:tokens", limit = 1_000_000, window = "month", key = "#user",
				costExpression = "@tokens.estimate(#text)")
		float[] embed(String user, String text) {
			return this.model.vector(text);
		}

		@RateLimited(name = "billed:tokens", limit = 100_000, window = "day",
				costExpression = "@tokens.estimate(#prompt)", settle = "#result.usage.totalTokens",
				settleOnError = true)
		Answer billed(String prompt) {
			try {
				return this.model.answer(prompt);
			}
			catch (ProviderException ex) {
				Reservation.current().ifPresent((reservation) -> reservation.settle(ex.billedTokens()));
				throw ex;
			}
		}

	}

}
