package dev.weir.lease.engine;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Predicate;

import dev.weir.core.Containment;
import dev.weir.lease.Leaders;
import dev.weir.lease.LeadershipListener;
import dev.weir.lease.LeaseRequest;

/**
 * The campaigns of this instance. Without a role there is no campaign, and nothing runs.
 */
public final class Campaigns implements Leaders, AutoCloseable {

	private final ConcurrentNavigableMap<String, Campaign> campaigns = new ConcurrentSkipListMap<>();

	private final LeaseTemplate leases;

	private final Function<String, LeaseRequest> requests;

	private final Predicate<String> enabled;

	private final List<LeadershipListener> listeners;

	private boolean running;

	/**
	 * Creates campaigns that {@link #start()} begins.
	 * @param leases runs calls under the leases of the roles
	 * @param requests creates the request of a role
	 * @param enabled whether this instance campaigns for a role
	 * @param listeners receive the changes
	 */
	public Campaigns(LeaseTemplate leases, Function<String, LeaseRequest> requests, Predicate<String> enabled,
			List<LeadershipListener> listeners) {
		this.leases = leases;
		this.requests = requests;
		this.enabled = enabled;
		this.listeners = List.copyOf(listeners);
	}

	@Override
	public Campaign of(String role) {
		Campaign known = this.campaigns.get(role);
		return (known != null) ? known : add(role);
	}

	private synchronized Campaign add(String role) {
		Campaign known = this.campaigns.get(role);
		if (known != null) {
			return known;
		}
		Campaign added = new Campaign(role, this.requests.apply(role), this.leases.manager(), this.leases,
				this.listeners);
		this.campaigns.put(role, added);
		this.listeners.forEach((listener) -> Containment.run("A listener for leaders", () -> listener.added(added)));
		if (this.running) {
			start(added);
		}
		return added;
	}

	@Override
	public Collection<Campaign> all() {
		return List.copyOf(this.campaigns.values());
	}

	/**
	 * Begins the campaigns for all roles, the roles that are used later included.
	 */
	public synchronized void start() {
		this.running = true;
		this.campaigns.values().forEach(this::start);
	}

	private void start(Campaign campaign) {
		if (this.enabled.test(campaign.role())) {
			campaign.start();
		}
	}

	/**
	 * Gives all roles to other instances.
	 * @return completes when the store has answered and the listeners have handled the
	 * changes
	 */
	public synchronized CompletionStage<Void> stop() {
		this.running = false;
		return CompletableFuture.allOf(this.campaigns.values()
			.stream()
			.map((campaign) -> campaign.stop().toCompletableFuture())
			.toArray(CompletableFuture[]::new));
	}

	public synchronized boolean isRunning() {
		return this.running;
	}

	@Override
	public void close() {
		stop();
	}

}
