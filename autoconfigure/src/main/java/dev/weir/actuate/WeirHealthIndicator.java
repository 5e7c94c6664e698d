package dev.weir.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import dev.weir.core.StoreProbe;
import dev.weir.lease.Leadership;
import dev.weir.observe.RenewalWatch;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/**
 * Reports whether Redis answers, whether calls are sent to Redis, and whether leases are
 * renewed in time.
 * <p>
 * If one of them is not the case, the status is {@code DEGRADED}, which does not make the
 * overall status of the application worse. While Redis is away, this instance follows
 * {@code on-unavailable} of its policies, so it does not help to take all instances out
 * of service at once. Optionally, the status is {@code DOWN} instead.
 */
public final class WeirHealthIndicator extends AbstractHealthIndicator {

	/**
	 * Redis does not work as expected, and Weir follows {@code on-unavailable} of its
	 * policies.
	 */
	public static final Status DEGRADED = new Status("DEGRADED", "Redis does not answer as it should");

	private final StoreProbe store;

	private final BooleanSupplier needed;

	private final RenewalWatch renewals;

	private final boolean downWhenDegraded;

	private final Supplier<? extends Collection<? extends Leadership>> leaders;

	/**
	 * Creates an indicator.
	 * @param store the probe of Redis
	 * @param needed returns whether this instance needs Redis: without a guarded method,
	 * a rule or a connection, the indicator does not connect
	 * @param renewals the last renewals of leases
	 * @param downWhenDegraded whether the status is {@code DOWN} instead of
	 * {@code DEGRADED}
	 * @param leaders returns the roles of this instance, which are shown and do not
	 * change the status
	 */
	public WeirHealthIndicator(StoreProbe store, BooleanSupplier needed, RenewalWatch renewals,
			boolean downWhenDegraded, Supplier<? extends Collection<? extends Leadership>> leaders) {
		super("The health of Weir could not be determined");
		this.store = store;
		this.needed = needed;
		this.renewals = renewals;
		this.downWhenDegraded = downWhenDegraded;
		this.leaders = leaders;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		if (!this.needed.getAsBoolean()) {
			builder.up().withDetail("redis", "not needed yet");
			return;
		}
		Map<String, String> roles = new LinkedHashMap<>();
		this.leaders.get()
			.forEach((leadership) -> roles.put(leadership.role(), leadership.isLeader() ? "leader" : "not the leader"));
		if (!roles.isEmpty()) {
			builder.withDetail("roles", roles);
		}
		List<String> troubles = new ArrayList<>();
		// Read before the ping, because an answer closes the circuit.
		Map<String, Boolean> circuits = this.store.circuits();
		try {
			builder.withDetail("answersIn", text(this.store.ping().toCompletableFuture().join()));
		}
		catch (CompletionException ex) {
			Throwable cause = (ex.getCause() != null) ? ex.getCause() : ex;
			troubles.add(String.valueOf(cause.getMessage()));
		}
		Map<String, String> states = new LinkedHashMap<>();
		circuits.forEach((master, open) -> {
			states.put(master, open ? "open" : "closed");
			if (open) {
				troubles.add("The master '" + master + "' failed to answer several times in a row");
			}
		});
		builder.withDetail("circuits", states);
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
