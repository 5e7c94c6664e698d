package dev.weir.policy.result;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.ResolvableType;
import org.springframework.http.ResponseEntity;
import org.springframework.util.ReflectionUtils;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.context.request.async.WebAsyncTask;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class ResultKindTests {

	@ParameterizedTest
	@CsvSource({ "text, PLAIN", "nothing, PLAIN", "any, PLAIN", "itself, PLAIN", "callables, PLAIN", "stage, STAGE",
			"future, STAGE", "mono, REACTIVE", "flux, REACTIVE", "emitter, REQUEST", "callable, REQUEST",
			"response, REQUEST", "monoResponse, REQUEST", "plainResponse, PLAIN", "javaFuture, UNKNOWN",
			"stream, UNKNOWN", "intStream, UNKNOWN", "ownStage, UNKNOWN", "monoOfFlux, UNKNOWN", "stages, UNKNOWN",
			"stageByName, UNKNOWN", "optionalStage, UNKNOWN", "wildcards, UNKNOWN" })
	void findsTheKindOfADeclaredResult(String method, ResultKind kind) {
		assertThat(ResultKind.of(ReflectionUtils.findMethod(Methods.class, method), Methods.class)).isEqualTo(kind);
	}

	@Test
	void resolvesTypeVariablesAgainstTheClassOfTheBean() {
		assertThat(declared("run", Generic.class)).isEqualTo(ResultKind.PLAIN);
		assertThat(declared("run", OfStage.class)).isEqualTo(ResultKind.STAGE);
		assertThat(declared("run", OfMono.class)).isEqualTo(ResultKind.REACTIVE);
		assertThat(declared("run", OfText.class)).isEqualTo(ResultKind.PLAIN);
		assertThat(declared("runAll", OfStage.class)).isEqualTo(ResultKind.UNKNOWN);
		assertThat(declared("runAll", OfText.class)).isEqualTo(ResultKind.PLAIN);
		assertThat(ResultKind.declaredType(ReflectionUtils.findMethod(OfMono.class, "run"), OfMono.class).toClass())
			.isEqualTo(Mono.class);
	}

	private static ResultKind declared(String method, Class<?> type) {
		return ResultKind.of(ReflectionUtils.findMethod(Generic.class, method), type);
	}

	@Test
	void findsTheKindOfAValue() {
		assertThat(ResultKind.ofValue(null)).isEqualTo(ResultKind.PLAIN);
		assertThat(ResultKind.ofValue("text")).isEqualTo(ResultKind.PLAIN);
		assertThat(ResultKind.ofValue(CompletableFuture.completedFuture("done"))).isEqualTo(ResultKind.PLAIN);
		assertThat(ResultKind.ofValue(CompletableFuture.failedFuture(new IllegalStateException())))
			.isEqualTo(ResultKind.PLAIN);
		assertThat(ResultKind.ofValue(new CompletableFuture<>())).isEqualTo(ResultKind.STAGE);
		assertThat(ResultKind.ofValue(new OwnStage())).isEqualTo(ResultKind.STAGE);
		assertThat(ResultKind.ofValue(new CompletableFuture<>().minimalCompletionStage())).isEqualTo(ResultKind.STAGE);
		assertThat(ResultKind.ofValue(new FutureTask<>(() -> "later"))).isEqualTo(ResultKind.UNKNOWN);
		assertThat(ResultKind.ofValue(Mono.just("value"))).isEqualTo(ResultKind.REACTIVE);
		assertThat(ResultKind.ofValue(Stream.of("value"))).isEqualTo(ResultKind.UNKNOWN);
		assertThat(ResultKind.ofValue(new SseEmitter())).isEqualTo(ResultKind.REQUEST);
		assertThat(ResultKind.ofValue(new DeferredResult<>())).isEqualTo(ResultKind.REQUEST);
		assertThat(ResultKind.ofValue(ResponseEntity.ok("text"))).isEqualTo(ResultKind.PLAIN);
		assertThat(ResultKind.ofValue(ResponseEntity.ok(new SseEmitter()))).isEqualTo(ResultKind.REQUEST);
		assertThat(ResultKind.ofValue(ResponseEntity.ok(Flux.just("a")))).isEqualTo(ResultKind.REQUEST);
		assertThat(ResultKind.ofValue(ResponseEntity.noContent().build())).isEqualTo(ResultKind.PLAIN);
	}

	@Test
	void findsTheEndOfTheWorkBehindAValue() {
		assertThat(ResultKind.endingOf("text", () -> "Service.call").end()).isNull();
		CompletableFuture<String> stage = new CompletableFuture<>();
		assertThat(ResultKind.endingOf(stage, () -> "Service.call").end()).isSameAs(stage);
		assertThatIllegalStateException()
			.isThrownBy(() -> ResultKind.endingOf(Mono.just("value"), () -> "Service.call"))
			.withMessageContaining("Service.call returned reactor.core.publisher.MonoJust")
			.withMessageContaining("cannot detect when the work behind this result ends");
		assertThatIllegalStateException().isThrownBy(() -> ResultKind.endingOf(new SseEmitter(), () -> "Service.call"))
			.withMessageContaining("this thread handles no request");
	}

	/**
	 * The rows of the table in {@code docs/locks.md}, and the types that it lists.
	 */
	@Test
	void theTableInTheDocsListsTheTypesOfEachKind() throws IOException {
		List<String> table = Files.readAllLines(Path.of("..", "docs", "locks.md"))
			.stream()
			.dropWhile((line) -> !line.startsWith("| result |"))
			.skip(2)
			.takeWhile((line) -> line.startsWith("|"))
			.toList();
		List<ResultKind> rows = List.of(ResultKind.STAGE, ResultKind.REACTIVE, ResultKind.REQUEST);
		assertThat(table).hasSameSizeAs(rows);
		Map<String, Class<?>> types = Stream
			.of(CompletionStage.class, CompletableFuture.class, Mono.class, Flux.class, SseEmitter.class,
					ResponseBodyEmitter.class, StreamingResponseBody.class, Callable.class, DeferredResult.class,
					WebAsyncTask.class)
			.collect(Collectors.toMap(Class::getSimpleName, Function.identity()));
		Set<String> wrappers = Set.of("ReactiveAdapterRegistry", "ResponseEntity");
		Set<String> listed = new TreeSet<>();
		for (int row = 0; row < rows.size(); row++) {
			ResultKind kind = rows.get(row);
			String results = table.get(row).split("\\|")[1];
			Pattern.compile("`(\\w+)`").matcher(results).results().map((match) -> match.group(1)).forEach((name) -> {
				if (!wrappers.contains(name)) {
					assertThat(types).as("a type of this test").containsKey(name);
					assertThat(ResultKind.of(ResolvableType.forClass(types.get(name)))).as(name).isEqualTo(kind);
					listed.add(name);
				}
			});
		}
		assertThat(listed).isEqualTo(new TreeSet<>(types.keySet()));
	}

	/**
	 * Declares results.
	 */
	@SuppressWarnings("unused")
	abstract static class Methods {

		abstract String text();

		abstract void nothing();

		abstract Object any();

		abstract <T extends Comparable<T>> T itself();

		abstract List<Callable<String>> callables();

		abstract CompletionStage<String> stage();

		abstract CompletableFuture<List<String>> future();

		abstract Mono<String> mono();

		abstract Flux<List<String>> flux();

		abstract SseEmitter emitter();

		abstract Callable<CompletableFuture<String>> callable();

		abstract ResponseEntity<SseEmitter> response();

		abstract ResponseEntity<Mono<String>> monoResponse();

		abstract ResponseEntity<List<String>> plainResponse();

		abstract Future<String> javaFuture();

		abstract Stream<String> stream();

		abstract IntStream intStream();

		abstract OwnStage ownStage();

		abstract Mono<Flux<String>> monoOfFlux();

		abstract List<CompletableFuture<String>> stages();

		abstract Map<String, CompletionStage<String>> stageByName();

		abstract Optional<Mono<String>> optionalStage();

		abstract List<? extends CompletableFuture<?>> wildcards();

	}

	static class OwnStage extends CompletableFuture<String> {

	}

	abstract static class Generic<R extends Object> {

		R run() {
			return null;
		}

		List<R> runAll() {
			return new ArrayList<>();
		}

	}

	static class OfStage extends Generic<CompletableFuture<String>> {

	}

	static class OfMono extends Generic<Mono<String>> {

	}

	static class OfText extends Generic<String> {

	}

}
