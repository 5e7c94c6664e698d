package dev.weir.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

import dev.weir.actuate.ChangeMessage;
import dev.weir.actuate.MessageSignature;
import dev.weir.actuate.OperatorAudit;
import dev.weir.actuate.PolicyChange;
import dev.weir.actuate.PolicyTuning;
import dev.weir.actuate.RecentMessages;
import dev.weir.core.Log;
import dev.weir.core.StoreUnavailableException;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.PolicyDescription;
import dev.weir.redis.Broadcast;
import org.jspecify.annotations.Nullable;

/**
 * Applies the policy changes of operators while the application runs, in this instance
 * and in other instances. Thread-safe.
 * <p>
 * Every client with the right to publish on the channel can send a message. So this
 * instance applies a message only if it is signed, recent and about a known policy.
 * Without a secret nothing is signed: then this instance applies only messages that make
 * a guard stricter.
 */
final class OperatorChanges implements PolicyTuning, Broadcast.Listener {

	private static final Log logger = Log.of(OperatorChanges.class);

	private static final int MAX_SENT = 1000;

	private static final Duration BETWEEN_WARNINGS = Duration.ofMinutes(1);

	private final PropertiesInForce properties;

	private final PolicyCatalog policies;

	private final @Nullable Broadcast broadcast;

	private final MessageSignature signature;

	private final OperatorAudit audit;

	private final Clock clock;

	private final RecentMessages recent;

	/** The ids of the messages that this instance has sent and not received yet. */
	private final Set<String> sent = ConcurrentHashMap.newKeySet();

	private @Nullable Instant warned;

	private long rejected;

	OperatorChanges(PropertiesInForce properties, PolicyCatalog policies, @Nullable Broadcast broadcast,
			MessageSignature signature, OperatorAudit audit, Clock clock) {
		this.properties = properties;
		this.policies = policies;
		this.broadcast = broadcast;
		this.signature = signature;
		this.audit = audit;
		this.clock = clock;
		this.recent = new RecentMessages(clock);
	}

	/**
	 * Starts to apply the changes that are sent to all instances.
	 */
	void listen() {
		if (this.broadcast != null) {
			this.broadcast.listen(this);
		}
	}

	@Override
	public void received(String text) {
		try {
			ChangeMessage message = ChangeMessage.of(this.signature.verify(text));
			this.recent.add(message);
			PolicyChange change = message.change();
			// This instance applies its own message a second time. If several instances
			// change the same value at the same time, all of them end with the value of
			// the last message.
			boolean own = this.sent.remove(message.id());
			if (!own) {
				require(change);
			}
			this.properties.change(change);
			if (!own) {
				this.audit.changed(change, "all", message.operator());
			}
		}
		catch (RuntimeException ex) {
			dropped(PropertiesInForce.rootMessage(ex));
		}
	}

	/**
	 * Checks that a change for all instances is acceptable.
	 * @param change the change
	 * @throws IllegalArgumentException if the policy is unknown, or if the change needs a
	 * secret
	 */
	private void require(PolicyChange change) {
		PolicyDescription current = this.policies.get(change.kind(), change.name());
		if (!this.signature.isRequired() && !change.onlyTightens(current)) {
			throw new IllegalArgumentException("Without a secret, a change for all instances can only lower a limit or "
					+ "a burst, or end the shadow mode. Set 'weir.changes.secret' to the same value in all instances, "
					+ "or change the policy with scope=instance");
		}
	}

	@Override
	public synchronized void dropped(String reason) {
		this.rejected++;
		Instant now = this.clock.instant();
		if (this.warned == null || Duration.between(this.warned, now).compareTo(BETWEEN_WARNINGS) >= 0) {
			this.warned = now;
			logger.warn(
					"This instance rejected {} message(s) on the channel for changes of policies. The last reason: {}",
					this.rejected, reason);
			this.rejected = 0;
		}
	}

	@Override
	public void apply(PolicyChange change, String operator) {
		apply(change, "instance", operator);
	}

	@Override
	public long applyToAll(PolicyChange change, String operator) {
		if (this.broadcast == null) {
			throw new IllegalArgumentException("Other instances cannot be reached without Redis: use scope=instance");
		}
		require(change);
		// First in this instance, so that an invalid change is not sent to other
		// instances.
		apply(change, "all", operator);
		ChangeMessage message = new ChangeMessage(UUID.randomUUID().toString(), this.clock.instant(), operator, change);
		if (this.sent.size() >= MAX_SENT) {
			// Messages to this instance were lost, so it records its own changes twice.
			this.sent.clear();
		}
		this.sent.add(message.id());
		try {
			return this.broadcast.publish(this.signature.sign(message.toText())).toCompletableFuture().join();
		}
		catch (CompletionException ex) {
			throw new StoreUnavailableException("The change is in force in this instance, but other instances may not "
					+ "have received it: " + PropertiesInForce.rootMessage(ex), ex);
		}
	}

	private void apply(PolicyChange change, String scope, String operator) {
		try {
			this.properties.change(change);
		}
		catch (RuntimeException ex) {
			throw new IllegalArgumentException(PropertiesInForce.rootMessage(ex), ex);
		}
		this.audit.changed(change, scope, operator);
	}

}
