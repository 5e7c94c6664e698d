package dev.weir.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;

import dev.weir.core.StoreProbe;
import dev.weir.observe.RenewalWatch;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Says whether Redis answers, whether calls are sent to it, and whether leases are
 * renewed in time. Trouble is {@code DEGRADED}, a status of which Spring Boot makes
 * nothing worse: while Redis is away, this instance does what the policies say for that
 * case, and to take all instances away at once helps nobody. Asked to, it is {@code DOWN}
 * instead.
 */
public final class WeirHealthIndicator extends AbstractHealthIndicator {

	/** Weir works as its policies say for the case that Redis does not answer. */
	public static final Status DEGRADED = new Status("DEGRADED", "Redis does not answer as it should");

	private final StoreProbe store;

	private final BooleanSupplier needed;

	private final RenewalWatch renewals;

	private final boolean downWhenDegraded;

	/**
	 * Creates an indicator.
	 * @param store reports the state of Redis
	 * @param needed whether this instance needs Redis: without a guarded method, a rule
	 * or a connection, health does not connect
	 * @param renewals how renewals go
	 * @param downWhenDegraded whether trouble means that this instance is down
	 */
	public WeirHealthIndicator(StoreProbe store, BooleanSupplier needed, RenewalWatch renewals,
			boolean downWhenDegraded) {
		super("Health of Weir could not be found out");
		this.store = store;
		this.needed = needed;
		this.renewals = renewals;
		this.downWhenDegraded = downWhenDegraded;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		if (!this.needed.getAsBoolean()) {
			builder.up().withDetail("redis", "not needed yet");
			return;
		}
		List<String> troubles = new ArrayList<>();
		// Before Redis is asked, since an answer closes the circuit.
		boolean open = this.store.isCircuitOpen();
		try {
			builder.withDetail("answersIn", text(this.store.ping().toCompletableFuture().join()));
		}
		catch (CompletionException ex) {
			Throwable cause = (ex.getCause() != null) ? ex.getCause() : ex;
			troubles.add(String.valueOf(cause.getMessage()));
		}
		builder.withDetail("circuit", open ? "open" : "closed");
		if (open) {
			troubles.add("Redis has not answered several times in a row");
		}
		Duration lag = this.renewals.lag();
		if (lag != null) {
			builder.withDetail("renewalLag", text(lag));
		}
		if (this.renewals.isInTrouble()) {
			troubles.add("A lease was not renewed in time");
		}
		if (troubles.isEmpty()) {
			builder.up();
		}
		else {
			builder.status(this.downWhenDegraded ? Status.DOWN : DEGRADED).withDetail("troubles", troubles);
		}
	}

	private static String text(Duration duration) {
		return duration.toMillis() + "ms";
	}

}
