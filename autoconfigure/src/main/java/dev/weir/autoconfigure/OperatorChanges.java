package dev.weir.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
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
import dev.weir.policy.PolicyNames;
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

	/** The messages that this instance has sent and not received yet, by id. */
	private final Map<String, String> sent = new ConcurrentHashMap<>();

	/** When the latest value of each attribute of a policy was sent. */
	private final Map<String, Instant> latest = new HashMap<>();

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
			received(ChangeMessage.of(this.signature.verify(text)), text);
		}
		catch (RuntimeException ex) {
			dropped(PropertiesInForce.rootMessage(ex));
		}
	}

	/**
	 * Applies a message. This instance applies its own messages a second time, in the
	 * order in which all instances receive them.
	 * @param message the message
	 * @param text the received text. Every subscriber knows the ids of messages, so only
	 * the same text is an own message
	 */
	private synchronized void received(ChangeMessage message, String text) {
		boolean own = text.equals(this.sent.remove(message.id()));
		require(message.change());
		this.recent.add(message);
		PolicyChange change = latestOf(message);
		this.properties.change(change);
		if (!own) {
			this.audit.changed(change, "all", message.operator());
		}
	}

	/**
	 * Returns the values of a message that were sent after all others of their
	 * attributes. So all instances end with the values that were sent last, also if
	 * messages are lost, late or sent again.
	 * @param message the message
	 * @return the change with these values
	 * @throws IllegalArgumentException if there are none
	 */
	private synchronized PolicyChange latestOf(ChangeMessage message) {
		PolicyChange change = message.change();
		Map<String, String> values = new HashMap<>(change.values());
		values.keySet().removeIf((attribute) -> message.sent().isBefore(sentBefore(change, attribute)));
		if (values.isEmpty()) {
			throw new IllegalArgumentException("A later change of the policy was received before");
		}
		values.keySet().forEach((attribute) -> this.latest.put(attributeOf(change, attribute), message.sent()));
		return new PolicyChange(change.kind(), change.name(), values);
	}

	/**
	 * Returns the time of a new message: now, but after all messages with the same
	 * attributes. Otherwise a message from an instance whose clock is ahead would count
	 * more.
	 * @param change the change
	 * @return the time
	 */
	private synchronized Instant next(PolicyChange change) {
		Instant next = this.clock.instant().truncatedTo(ChronoUnit.MILLIS);
		for (String attribute : change.values().keySet()) {
			Instant before = sentBefore(change, attribute);
			next = next.isAfter(before) ? next : before.plusMillis(1);
		}
		return next;
	}

	private Instant sentBefore(PolicyChange change, String attribute) {
		return this.latest.getOrDefault(attributeOf(change, attribute), Instant.EPOCH);
	}

	private static String attributeOf(PolicyChange change, String attribute) {
		return change.kind() + " " + change.name() + " " + attribute;
	}

	/**
	 * Checks that a change for all instances is acceptable.
	 * @param change the change
	 * @throws IllegalArgumentException if the policy is unknown, or if the change needs a
	 * secret
	 */
	private void require(PolicyChange change) {
		PolicyDescription current = this.policies.get(change.kind(), change.name());
		requireOwnProperties(change);
		if (!this.signature.isRequired() && !change.onlyTightens(current)) {
			throw new IllegalArgumentException("Without a secret, a change for all instances can only lower a limit or "
					+ "a burst, or end the shadow mode. Set 'weir.changes.secret' to the same value in all instances, "
					+ "or change the policy with scope=instance");
		}
	}

	/**
	 * Rejects a change of properties that also apply to another policy.
	 * @param change the change
	 * @throws IllegalArgumentException if there is another policy for whose name the
	 * properties are, too
	 */
	private void requireOwnProperties(PolicyChange change) {
		for (PolicyDescription policy : this.policies.all()) {
			if (policy.kind() == change.kind() && !policy.name().equals(change.name())
					&& PolicyNames.isFor(change.name(), policy.name())) {
				throw new IllegalArgumentException("Properties for '" + change.name() + "' also apply to the policy '"
						+ policy.name() + "'. Give one of them another name");
			}
		}
	}

	@Override
	public synchronized void dropped(String reason) {
		this.rejected++;
		Instant now = this.clock.instant();
		if (this.warned == null || Duration.between(this.warned, now).abs().compareTo(BETWEEN_WARNINGS) >= 0) {
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
		ChangeMessage message = new ChangeMessage(UUID.randomUUID().toString(), next(change), operator, change);
		String text = this.signature.sign(message.toText());
		latestOf(message);
		if (this.sent.size() >= MAX_SENT) {
			// Messages to this instance were lost, so it records its own changes twice.
			this.sent.clear();
		}
		this.sent.put(message.id(), text);
		try {
			return this.broadcast.publish(text).toCompletableFuture().join();
		}
		catch (CompletionException ex) {
			this.sent.remove(message.id());
			throw new StoreUnavailableException("The change is in force in this instance, but other instances may not "
					+ "have received it: " + PropertiesInForce.rootMessage(ex), ex);
		}
	}

	private void apply(PolicyChange change, String scope, String operator) {
		requireOwnProperties(change);
		try {
			this.properties.change(change);
		}
		catch (RuntimeException ex) {
			throw new IllegalArgumentException(PropertiesInForce.rootMessage(ex), ex);
		}
		this.audit.changed(change, scope, operator);
	}

}
