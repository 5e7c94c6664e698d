package dev.weir.observe;

import java.time.Duration;

import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Creates an observation of each wait for a lease, which becomes a span if there is a
 * tracer.
 * <p>
 * The observation {@value #NAME} has the keys {@code policy}, {@code kind} and
 * {@code outcome}. The observation begins when it is known that the lease is not free,
 * and ends with the answer. Its parent is the observation of the caller. It contains
 * neither the key of the lease nor data of a user. Beyond a number of names,
 * {@code policy} is {@value PolicyTags#OTHERS}, as in the metrics. The name itself is
 * {@code policy.name}, which is of high cardinality.
 */
public final class WaitObservations implements LeaseListener {

	static final String NAME = "weir.lease.wait";

	private final ObservationRegistry registry;

	private final boolean freeAcquires;

	private final PolicyTags<String> policies = new PolicyTags<>((name) -> name);

	/**
	 * Creates observations.
	 * @param registry the registry of the observations
	 * @param freeAcquires whether the acquisition of a free lease has an observation,
	 * too; each observation then begins with the call
	 */
	public WaitObservations(ObservationRegistry registry, boolean freeAcquires) {
		this.registry = registry;
		this.freeAcquires = freeAcquires;
	}

	@Override
	public Call asked(LeaseRequest request) {
		// A campaign for a role is no call, and may wait for as long as the application
		// runs.
		if (this.registry.isNoop() || request.waitTime().equals(LeaseRequest.FOREVER)) {
			return Call.IGNORED;
		}
		Wait wait = new Wait(request, this.registry.getCurrentObservation());
		if (this.freeAcquires) {
			wait.waits();
		}
		return wait;
	}

	/**
	 * The observation of one call that has to wait. Two threads may report its start and
	 * its end, in any order.
	 */
	private final class Wait implements Call {

		private final LeaseRequest request;

		private final @Nullable Observation parent;

		private @Nullable Observation running;

		private boolean answered;

		private Wait(LeaseRequest request, @Nullable Observation parent) {
			this.request = request;
			this.parent = parent;
		}

		@Override
		public synchronized void waits() {
			if (!this.answered && this.running == null) {
				String kind = this.request.key().kind().toString();
				String policy = WaitObservations.this.policies.of(this.request.name());
				this.running = Observation.createNotStarted(NAME, WaitObservations.this.registry)
					.contextualName("wait for " + kind + " " + policy)
					.lowCardinalityKeyValue("policy", policy)
					.lowCardinalityKeyValue("kind", kind)
					.highCardinalityKeyValue("policy.name", this.request.name())
					.parentObservation(this.parent)
					.start();
			}
		}

		@Override
		public void acquired(Duration took, boolean handedOn) {
			end("acquired");
		}

		@Override
		public void failed(Duration took, Failure failure) {
			end(PolicyTags.text(failure));
		}

		private synchronized void end(String outcome) {
			this.answered = true;
			if (this.running != null) {
				this.running.lowCardinalityKeyValue("outcome", outcome).stop();
			}
		}

	}

}
