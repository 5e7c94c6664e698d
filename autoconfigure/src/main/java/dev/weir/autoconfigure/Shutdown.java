package dev.weir.autoconfigure;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.core.Containment;
import dev.weir.core.Log;

/**
 * Closes what the lease engine needs when the last lease has ended. Guarded work may run
 * on after the beans of Weir are destroyed, for instance in an executor that Spring
 * destroys later. Its leases must be renewed until then. Thread-safe.
 */
final class Shutdown implements AutoCloseable {

	private static final Log logger = Log.of(Shutdown.class);

	private final List<CompletionStage<?>> ends = new ArrayList<>();

	private final Deque<AutoCloseable> resources = new ArrayDeque<>();

	/**
	 * Lets the resources wait for an end.
	 * @param end completes when the resources are not needed any longer
	 */
	synchronized void awaits(CompletionStage<?> end) {
		this.ends.add(end);
	}

	/**
	 * Adds a resource. Resources are closed in the opposite order.
	 * @param <T> the type of the resource
	 * @param resource the resource
	 * @return the resource
	 */
	synchronized <T extends AutoCloseable> T closes(T resource) {
		this.resources.push(resource);
		return resource;
	}

	@Override
	public synchronized void close() {
		CompletableFuture<?> end = CompletableFuture
			.allOf(this.ends.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
		if (end.isDone()) {
			closeResources();
			return;
		}
		logger.info("Guarded work still runs. Its leases are renewed until it ends, and Weir's connections to Redis "
				+ "stay open until then");
		// A client must not be closed by a thread of its own.
		end.whenComplete((ended, failure) -> new Thread(this::closeResources, "weir-shutdown").start());
	}

	private synchronized void closeResources() {
		while (!this.resources.isEmpty()) {
			AutoCloseable resource = this.resources.pop();
			Containment.run("The end of " + resource.getClass().getSimpleName(), () -> close(resource));
		}
	}

	private static void close(AutoCloseable resource) {
		try {
			resource.close();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

}
