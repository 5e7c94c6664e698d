package dev.weir.benchmark.run;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Main class of a child JVM. It executes the orders of {@link ChildWorker}, line by line,
 * until its standard input ends.
 */
public final class ChildMain {

	static final String READY = "READY ";

	static final String DONE = "DONE ";

	private ChildMain() {
	}

	/**
	 * Runs the child JVM.
	 * @param args the class of the suite, the address of Redis, the file of the
	 * {@link SharedCounters}
	 * @throws Exception if the worker cannot be created
	 */
	public static void main(String[] args) throws Exception {
		TurnsSuite suite = (TurnsSuite) Class.forName(args[0]).getConstructor().newInstance();
		try (Environment environment = new Environment(args[1], Path.of(args[2]));
				LocalWorker worker = new LocalWorker(suite, environment)) {
			System.out.println(READY + String.join(" ", worker.contenders()));
			BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
			for (String order = orders.readLine(); order != null; order = orders.readLine()) {
				String[] words = order.split(" ");
				worker.start(Integer.parseInt(words[0]), Integer.parseInt(words[1]),
						Duration.ofNanos(Long.parseLong(words[2])));
				System.out.println(answer(worker));
			}
		}
		// Some clients leave threads running after they are closed.
		System.exit(0);
	}

	private static String answer(LocalWorker worker) {
		try {
			return DONE + worker.finish().encoded();
		}
		catch (Exception ex) {
			return ex.toString().replace('\n', ' ');
		}
	}

}
