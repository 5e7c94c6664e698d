package dev.weir.benchmark.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import dev.weir.embeddedredis.RedisServer;

/**
 * Measures suites on one Redis, which the benchmark starts and stops. For use by one
 * thread.
 */
public final class Benchmark implements AutoCloseable {

	private final Schedule schedule;

	private final Processors processors = Processors.ofThisJvm();

	private final RedisServer redis;

	private final Path countersFile;

	private final Environment environment;

	/**
	 * Starts Redis.
	 * @param schedule the schedule of the measurements
	 */
	public Benchmark(Schedule schedule) {
		this.schedule = schedule;
		this.redis = RedisServer.start();
		try {
			this.countersFile = Files.createTempFile("weir-benchmark", ".counters");
		}
		catch (IOException ex) {
			this.redis.close();
			throw new UncheckedIOException(ex);
		}
		this.environment = new Environment(this.redis.uri(), this.countersFile);
	}

	/**
	 * Returns the schedule of the measurements.
	 * @return the schedule
	 */
	public Schedule schedule() {
		return this.schedule;
	}

	/**
	 * Returns the environment of the contenders of this JVM.
	 * @return the environment
	 */
	public Environment environment() {
		return this.environment;
	}

	/**
	 * Returns the address of Redis.
	 * @return the address
	 */
	public String redisUri() {
		return this.redis.uri();
	}

	/**
	 * Returns the number of connections to Redis.
	 * @return the number of clients, without the one that asks
	 */
	public long redisConnections() {
		return this.redis.text("CLIENT", "LIST").lines().filter((client) -> !client.contains("cmd=client")).count();
	}

	public String redisVersion() {
		return this.redis.text("INFO", "server")
			.lines()
			.filter((line) -> line.startsWith("redis_version:"))
			.map((line) -> line.substring(line.indexOf(':') + 1))
			.findFirst()
			.orElse("unknown");
	}

	/**
	 * Measures the contenders of a suite under one of its loads. The contenders take
	 * turns: each has one round, then each has the next round. So a disturbance of the
	 * machine affects all of them.
	 * @param suite the suite
	 * @param load the load
	 * @return the measurements
	 * @throws Exception if an operation failed or let in too many callers
	 */
	public Result measure(TurnsSuite suite, Load load) throws Exception {
		List<Worker> workers = new ArrayList<>();
		this.redis.text("FLUSHALL");
		this.environment.counters().reset();
		try {
			for (int i = 0; i < load.jvms(); i++) {
				workers.add((load.jvms() == 1) ? new LocalWorker(suite, this.environment) : ChildWorker
					.start(this.processors.bind(i, load.jvms()), suite, this.redis.uri(), this.countersFile));
			}
			return measure(suite, load, workers);
		}
		finally {
			workers.forEach(Worker::close);
		}
	}

	private Result measure(TurnsSuite suite, Load load, List<Worker> workers) throws Exception {
		List<String> names = List.of();
		for (Worker worker : workers) {
			names = worker.contenders();
		}
		List<Tally> tallies = names.stream().map((name) -> new Tally(name, load.jvms())).toList();
		int unmeasured = this.schedule.checks() + this.schedule.warmUps(load);
		for (int round = 0; round < unmeasured + this.schedule.rounds(); round++) {
			this.environment.counters().setChecking(round < this.schedule.checks());
			for (int contender = 0; contender < names.size(); contender++) {
				CommandCounts before = commandCounts();
				List<Sample> samples;
				try {
					samples = play(contender, load, workers);
				}
				catch (Exception ex) {
					throw new IllegalStateException(suite.name() + ", " + names.get(contender) + ": " + ex.getMessage(),
							ex);
				}
				if (round >= unmeasured) {
					tallies.get(contender).add(samples, commandCounts().minus(before), this.schedule.round());
				}
			}
		}
		return Result.of(suite.name(), load, tallies.stream().map(Tally::result).toList());
	}

	private List<Sample> play(int contender, Load load, List<Worker> workers) throws Exception {
		for (Worker worker : workers) {
			worker.start(contender, load.threads(), this.schedule.round());
		}
		List<Sample> samples = new ArrayList<>();
		for (Worker worker : workers) {
			samples.add(worker.finish());
		}
		return samples;
	}

	private CommandCounts commandCounts() {
		return CommandCounts.parse(this.redis.text("INFO", "commandstats"));
	}

	@Override
	public void close() {
		this.environment.close();
		this.redis.close();
		try {
			Files.deleteIfExists(this.countersFile);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
