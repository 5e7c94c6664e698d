package dev.weir.autoconfigure;

import dev.weir.lease.engine.LeaseManager;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

/**
 * Waits at the end of the application until no lease is held. Needed for the
 * application's own client, which Spring destroys with the other beans. Stops after all
 * other lifecycle beans, such as the web server and the executors. Spring Boot bounds the
 * wait by {@code spring.lifecycle.timeout-per-shutdown-phase}.
 */
final class LeaseDrain implements SmartLifecycle, ApplicationListener<ContextClosedEvent> {

	private final ApplicationContext context;

	private final LeaseManager manager;

	private volatile boolean running;

	/** Whether the context closes, and does not only pause. */
	private volatile boolean closing;

	LeaseDrain(ApplicationContext context, LeaseManager manager) {
		this.context = context;
		this.manager = manager;
	}

	@Override
	public void onApplicationEvent(ContextClosedEvent event) {
		this.closing |= event.getApplicationContext() == this.context;
	}

	@Override
	public void start() {
		this.running = true;
	}

	@Override
	public void stop() {
		this.running = false;
	}

	@Override
	public void stop(Runnable callback) {
		stop();
		if (!this.closing) {
			callback.run();
			return;
		}
		this.manager.close();
		this.manager.ended().whenComplete((ended, failure) -> callback.run());
	}

	@Override
	public boolean isRunning() {
		return this.running;
	}

	@Override
	public int getPhase() {
		return Integer.MIN_VALUE;
	}

}
