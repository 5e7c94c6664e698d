package dev.weir.autoconfigure;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads for work of the engine that may block: code of the application, and the
 * first connection to Redis. This type does not implement {@code Executor}, because a
 * bean of that type would keep Spring Boot from creating the executor of the application.
 *
 * @param executor the executor, which creates threads when they are needed and ends them
 * when they are idle
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
