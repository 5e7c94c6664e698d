package dev.weir.autoconfigure;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.CompletionException;

import dev.weir.actuate.OperatorAudit;
import dev.weir.actuate.PolicyChange;
import dev.weir.actuate.PolicyTuning;
import dev.weir.core.Log;
import dev.weir.core.StoreUnavailableException;
import dev.weir.redis.Broadcast;
import org.jspecify.annotations.Nullable;

/**
 * Applies the policy changes of operators while the application runs, in this instance
 * and in other instances. Thread-safe.
 */
final class OperatorChanges implements PolicyTuning {

	private static final Log logger = Log.of(OperatorChanges.class);

	private final PropertiesInForce properties;

	private final @Nullable Broadcast broadcast;

	private final OperatorAudit audit;

	private final String instance = UUID.randomUUID().toString();

	OperatorChanges(PropertiesInForce properties, @Nullable Broadcast broadcast, OperatorAudit audit) {
		this.properties = properties;
		this.broadcast = broadcast;
		this.audit = audit;
	}

	/**
	 * Starts to apply the changes that are sent to all instances.
	 */
	void listen() {
		if (this.broadcast != null) {
			this.broadcast.listen(this::received);
		}
	}

	private void received(String text) {
		try {
			Message message = Message.of(text);
			// This instance applies its own message a second time. If several instances
			// change the same value at the same time, all of them end with the value of
			// the last message.
			this.properties.change(message.change);
			if (!message.instance.equals(this.instance)) {
				this.audit.changed(message.change, "all", message.operator);
			}
		}
		catch (RuntimeException ex) {
			logger.error("This instance cannot apply a change that an operator made for all instances", ex);
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
		// First in this instance, so that an invalid change is not sent to other
		// instances.
		apply(change, "all", operator);
		try {
			return this.broadcast.publish(new Message(this.instance, operator, change).toText())
				.toCompletableFuture()
				.join();
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

	/**
	 * A message to all instances.
	 *
	 * @param instance the id of the instance that sends the message
	 * @param operator the name of the operator
	 * @param change the change
	 */
	private record Message(String instance, String operator, PolicyChange change) {

		static Message of(String text) {
			String[] parts = text.split("[ \n]", 3);
			if (parts.length < 3) {
				throw new IllegalArgumentException("The text does not describe a change of a policy");
			}
			return new Message(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8),
					PolicyChange.of(parts[2]));
		}

		/**
		 * Returns this message as text.
		 * @return a line with the id of the instance and the name of the operator,
		 * encoded as in a URL; then the change
		 */
		String toText() {
			return this.instance + " " + URLEncoder.encode(this.operator, StandardCharsets.UTF_8) + "\n"
					+ this.change.toText();
		}

	}

}
