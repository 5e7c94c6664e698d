package dev.weir.benchmark;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.weir.benchmark.guard.Guard;
import dev.weir.benchmark.guard.GuardContender;
import dev.weir.benchmark.run.AdmissionException;
import dev.weir.benchmark.run.Benchmark;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.ContenderResult;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.Result;
import dev.weir.benchmark.run.Schedule;
import dev.weir.benchmark.run.Suite;
import dev.weir.benchmark.run.TurnsSuite;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests that the benchmark works and detects contenders that exceed their limits. These
 * tests check no speed.
 */
class BenchmarkTests {

	private static final Schedule SHORT = new Schedule(1, 0, 1, Duration.ofMillis(40));

	@TempDir
	private Path directory;

	@Test
	void runsSuitesAndWritesTheirResults() throws Exception {
		List<Result> results = run("limit", "lock-own", "lock-hot", "semaphore-free", "rate-hot", "rate-two-limits",
				"transaction");
		assertThat(results).extracting(Result::suite)
			.containsExactly("limit", "limit", "lock-own", "lock-own", "lock-own", "lock-own", "lock-hot",
					"semaphore-free", "semaphore-free", "rate-hot", "rate-two-limits", "transaction", "transaction");
		assertThat(results.get(2).contenders()).extracting(ContenderResult::scriptCallsPerOp).containsOnly(2.0);
	}

	@Test
	@Tag("long")
	void runsEverySuite() throws Exception {
		List<String> all = BenchmarkMain.SUITES.stream().map(Suite::name).toList();
		assertThat(run(all.toArray(String[]::new)))
			.extracting((result) -> result.suite().replaceAll("^(filter|startup)-.*", "$1"))
			.containsSubsequence(all);
	}

	private List<Result> run(String... names) throws Exception {
		List<Suite> suites = BenchmarkMain.SUITES.stream()
			.filter((suite) -> List.of(names).contains(suite.name()))
			.toList();
		Path json = this.directory.resolve("results.json");
		ByteArrayOutputStream printed = new ByteArrayOutputStream();
		try (Benchmark benchmark = new Benchmark(SHORT);
				PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
			BenchmarkMain.run(new Arguments(suites, SHORT.round(), json), benchmark, out);
		}
		List<Result> results = List.of(JsonMapper.shared().readValue(json, Result[].class));
		for (Result result : results) {
			assertThat(result.contenders()).hasSizeGreaterThanOrEqualTo(result.figures().isEmpty() ? 2 : 0)
				.allSatisfy((contender) -> assertSane(contender, result.jvms()));
			assertThat(result.ratios().keySet()).isEqualTo(peersOfWeir(result));
			assertThat(printed.toString(StandardCharsets.UTF_8)).contains("\n" + result.suite())
				.contains(Stream
					.concat(result.contenders().stream().map(ContenderResult::name), result.figures().keySet().stream())
					.toList());
			assertThat(result.figures().values()).allSatisfy(
					(figures) -> assertThat(figures.values()).allSatisfy((figure) -> assertThat(figure).isPositive()));
		}
		return results;
	}

	private static Set<String> peersOfWeir(Result result) {
		return result.contenders()
			.stream()
			// A round this short may end before the first operation.
			.filter((contender) -> contender.opsPerSec() > 0 && !contender.isWeir())
			.filter((contender) -> result.contenders().stream().anyMatch(ContenderResult::isWeir))
			.flatMap((contender) -> result.contenders()
				.stream()
				.filter(ContenderResult::isWeir)
				.map((weir) -> weir.name() + "/" + contender.name()))
			.collect(Collectors.toSet());
	}

	private static void assertSane(ContenderResult contender, int jvms) {
		assertThat(contender.opsPerSec()).as(contender.name())
			.isBetween(contender.minOpsPerSec(), contender.maxOpsPerSec());
		assertThat(List.of(contender.p50us(), contender.p99us(), contender.p999us(), contender.maxus())).isSorted()
			.allSatisfy((micros) -> assertThat(micros).isPositive());
		assertThat(contender.commandsPerOp()).isGreaterThanOrEqualTo(contender.scriptCallsPerOp());
		assertThat(contender.shares()).hasSize(jvms);
	}

	@Test
	void catchesALockThatLocksNothing() {
		assertCaught(new NoLock());
	}

	@Test
	void catchesALockThatHoldsWithinOneJvmOnly() {
		assertCaught(new LockOfOneJvm());
	}

	@Test
	void catchesASemaphoreThatGivesOnePermitTooMany() {
		assertCaught(new OnePermitTooMany());
	}

	private static void assertCaught(TurnsSuite suite) {
		try (Benchmark benchmark = new Benchmark(new Schedule(1, 0, 0, Duration.ofSeconds(2)))) {
			assertThatThrownBy(() -> benchmark.measure(suite, suite.loads().get(0))).hasMessageContaining("broken: ")
				.hasMessageContaining("callers were inside at the same time");
		}
	}

	@Test
	void catchesARateLimitThatAdmitsOneTooMany() {
		assertThatThrownBy(() -> admit(4)).isInstanceOf(AdmissionException.class)
			.hasMessage("4 callers were admitted, expected 3");
	}

	private static void admit(int callers) {
		try (Benchmark benchmark = new Benchmark(SHORT)) {
			for (int i = 0; i < callers; i++) {
				benchmark.environment().admissions().count(0, 0, true, 3);
			}
			benchmark.environment().admissions().count(0, 0, false, 3);
		}
	}

	@Test
	void catchesARateLimitThatAdmitsOneTooFew() {
		assertThatThrownBy(() -> admit(2)).isInstanceOf(AdmissionException.class)
			.hasMessage("2 callers were admitted, expected 3");
	}

	@Test
	void rejectsUnknownArguments() {
		assertThat(output("lock-cold")).contains("There is no suite 'lock-cold'. Use one of: limit, lock-own");
		assertThat(output("--seconds", "0")).contains("--seconds needs a number from 1 to 9999, not 0");
		assertThat(output("--json")).contains("--json needs a value");
	}

	private static String output(String... args) {
		ByteArrayOutputStream printed = new ByteArrayOutputStream();
		assertThat(BenchmarkMain.run(args, new PrintStream(printed, true, StandardCharsets.UTF_8))).isEqualTo(2);
		return printed.toString(StandardCharsets.UTF_8);
	}

	/**
	 * A lock that lets all callers in.
	 */
	public static final class NoLock extends Cheating {

		@Override
		public List<Load> loads() {
			return List.of(new Load(4, 1));
		}

		@Override
		public List<Contender> contenders(Environment environment) {
			return contender(1, Integer.MAX_VALUE, environment);
		}

	}

	/**
	 * A lock that works within one JVM only.
	 */
	public static final class LockOfOneJvm extends Cheating {

		@Override
		public List<Load> loads() {
			return List.of(new Load(4, 2));
		}

		@Override
		public List<Contender> contenders(Environment environment) {
			return contender(1, 1, environment);
		}

	}

	/**
	 * A semaphore that gives one permit too many.
	 */
	public static final class OnePermitTooMany extends Cheating {

		@Override
		public List<Load> loads() {
			return List.of(new Load(16, 1));
		}

		@Override
		public List<Contender> contenders(Environment environment) {
			return contender(3, 4, environment);
		}

	}

	/**
	 * A suite with a contender that lets in more callers than its limit allows.
	 */
	abstract static class Cheating implements TurnsSuite {

		@Override
		public String name() {
			return "cheating";
		}

		static List<Contender> contender(int promised, int given, Environment environment) {
			Semaphore permits = new Semaphore(given);
			Guard broken = new Guard() {

				@Override
				public String name() {
					return "broken";
				}

				@Override
				public Held acquire(String key) throws InterruptedException {
					permits.acquire();
					return permits::release;
				}

			};
			return List.of(new GuardContender(broken, 1, promised, environment));
		}

	}

}
