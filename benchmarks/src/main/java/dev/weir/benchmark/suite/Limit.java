package dev.weir.benchmark.suite;

import java.util.List;

import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;
import dev.weir.benchmark.run.Load;
import dev.weir.benchmark.run.TurnsSuite;
import org.redisson.api.RScript;
import org.redisson.client.codec.StringCodec;

/**
 * Measures the highest speed of Redis and the client. No lock that asks Redis can be
 * faster.
 */
public final class Limit implements TurnsSuite {

	@Override
	public String name() {
		return "limit";
	}

	@Override
	public List<Load> loads() {
		return List.of(new Load(1, 1), new Load(16, 1));
	}

	@Override
	public List<Contender> contenders(Environment environment) {
		RScript scripts = environment.redisson().getScript(StringCodec.INSTANCE);
		return List.of(new Scripts("one-script", scripts, List.of("return 1")),
				new Scripts("set-and-delete", scripts,
						List.of("return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0",
								"return redis.call('DEL', KEYS[1])")));
	}

	/**
	 * Runs scripts, one after the other. Each script must return 1.
	 *
	 * @param name the name under which results are shown
	 * @param scripts the client that runs the scripts
	 * @param sources the scripts
	 */
	private record Scripts(String name, RScript scripts, List<String> sources) implements Contender {

		@Override
		public void operate(int thread) {
			List<Object> keys = List.of("benchmark:limit:" + thread);
			for (String source : this.sources) {
				// Redisson sends EVALSHA.
				Long answer = this.scripts.eval(RScript.Mode.READ_WRITE, source, RScript.ReturnType.LONG, keys, "owner",
						30_000);
				if (answer != 1) {
					throw new IllegalStateException("The script returned " + answer + ", expected 1");
				}
			}
		}

	}

}
