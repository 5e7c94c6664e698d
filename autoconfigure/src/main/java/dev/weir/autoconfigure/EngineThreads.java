package dev.weir.autoconfigure;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads on which the engine runs what may block: code of users, and the first
 * connection to Redis. Not a bean of type {@code Executor}: that would keep Spring Boot
 * from making the application's own.
 *
 * @param executor makes threads when they are needed and ends them when they are idle
 */
record EngineThreads(ExecutorService executor) implements AutoCloseable {

	EngineThreads() {
		this(newExecutor());
	}

	private static ExecutorService newExecutor() {
		AtomicInteger number = new AtomicInteger();
		return Executors.newCachedThreadPool((task) -> {
			Thread thread = new Thread(task, "weir-" + number.incrementAndGet());
			thread.setDaemon(true);
			return thread;
		});
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
	}

}
