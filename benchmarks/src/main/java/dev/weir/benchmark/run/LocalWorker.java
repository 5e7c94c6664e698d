package dev.weir.benchmark.run;

import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A worker in this JVM.
 */
final class LocalWorker implements Worker {

	private final List<Contender> contenders;

	private @Nullable Round round;

	LocalWorker(TurnsSuite suite, Environment environment) {
		this.contenders = suite.contenders(environment);
	}

	@Override
	public List<String> contenders() {
		return this.contenders.stream().map(Contender::name).toList();
	}

	@Override
	public void start(int contender, int threads, Duration duration) {
		this.round = Round.start(this.contenders.get(contender), threads, duration);
	}

	@Override
	public Sample finish() throws Exception {
		if (this.round == null) {
			throw new IllegalStateException("No round was started");
		}
		return this.round.finish();
	}

	@Override
	public void close() {
		this.contenders.forEach(Contender::close);
	}

}
