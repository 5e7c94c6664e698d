package dev.weir.autoconfigure;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.core.Containment;

/**
 * The threads for work of the engine that may block: code of the application, and the
 * first connection to Redis. This type does not implement {@code Executor}, because a
 * bean of that type would keep Spring Boot from creating the executor of the application.
 *
 * @param threads the executor, which creates threads when they are needed and ends them
 * when they are idle
 */
record EngineThreads(ExecutorService threads) implements AutoCloseable {

	EngineThreads() {
		this(newExecutor());
	}

	/**
	 * Returns the executor. Callers wait for its tasks, so it refuses none: the thread
	 * that submits a task runs it if there is no other thread.
	 * @return the executor
	 */
	Executor executor() {
		return (task) -> Containment.execute(this.threads, "A task of Weir", task);
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
		// Callbacks for lost leases run to their end.
		this.threads.shutdown();
	}

}
