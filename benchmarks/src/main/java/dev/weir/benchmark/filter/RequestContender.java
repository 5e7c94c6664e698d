package dev.weir.benchmark.filter;

import java.io.IOException;
import java.io.UncheckedIOException;

import dev.weir.benchmark.filter.Connection.Answer;
import dev.weir.benchmark.run.Admissions;
import dev.weir.benchmark.run.Contender;
import dev.weir.benchmark.run.Environment;

import org.springframework.context.ConfigurableApplicationContext;

/**
 * Sends one request after the other to its own application. In checks, if the application
 * has Weir, the requests go to a path with a low limit.
 */
final class RequestContender implements Contender {

	private final String name;

	private final int number;

	private final boolean weir;

	private final String path;

	private final boolean limited;

	private final Environment environment;

	private final Admissions admissions;

	private final ConfigurableApplicationContext context;

	private final Connection connection;

	/**
	 * Starts an application.
	 * @param name the name under which results are shown
	 * @param number the number of the contender in its suite
	 * @param weir whether the application has Weir
	 * @param mappings the number of mappings without a limit
	 * @param path the path of the requests
	 * @param limited whether the path has a limit
	 * @param environment the environment, which counts the admissions
	 */
	RequestContender(String name, int number, boolean weir, int mappings, String path, boolean limited,
			Environment environment) {
		this.name = name;
		this.number = number;
		this.weir = weir;
		this.path = path;
		this.limited = limited;
		this.environment = environment;
		this.admissions = environment.admissions();
		this.context = MvcApplication.start(weir, mappings);
		try {
			this.connection = new Connection(
					this.context.getEnvironment().getRequiredProperty("local.server.port", Integer.class));
		}
		catch (IOException ex) {
			this.context.close();
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public String name() {
		return this.name;
	}

	@Override
	public void operate(int thread) throws Exception {
		if (this.weir && this.environment.isChecking()) {
			Answer answer = this.connection.get("/api/tight/1");
			if (answer.status() != 200 && answer.status() != 429) {
				throw new IllegalStateException("Unexpected answer of the server: " + answer);
			}
			this.admissions.count(this.number, 0, answer.status() == 200, MvcApplication.TIGHT);
			return;
		}
		Answer answer = this.connection.get(this.path);
		if (!answer.equals(new Answer(200, this.weir && this.limited, MvcApplication.ANSWER))) {
			throw new IllegalStateException("Unexpected answer of the server: " + answer);
		}
	}

	@Override
	public void close() {
		try {
			this.connection.close();
		}
		catch (IOException ex) {
			// The connection is no longer needed.
		}
		this.context.close();
	}

}
