package dev.weir.autoconfigure;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.CompletionException;

import dev.weir.actuate.OperatorAudit;
import dev.weir.actuate.PolicyChange;
import dev.weir.actuate.PolicyTuning;
import dev.weir.core.StoreUnavailableException;
import dev.weir.redis.Broadcast;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators change while the application runs, here and in other instances.
 * Thread-safe.
 */
final class OperatorChanges implements PolicyTuning {

	private static final Logger logger = LoggerFactory.getLogger(OperatorChanges.class);

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
	 * Takes over what other instances are told.
	 */
	void listen() {
		if (this.broadcast != null) {
			this.broadcast.listen(this::told);
		}
	}

	private void told(String text) {
		try {
			Message message = Message.of(text);
			// What this instance said itself counts again: whoever changes the same at
			// the same time, all end with what came last.
			this.properties.change(message.change);
			if (!message.instance.equals(this.instance)) {
				this.audit.changed(message.change, "all", message.who);
			}
		}
		catch (RuntimeException ex) {
			logger.error("What an operator has changed for all instances is not taken over", ex);
		}
	}

	@Override
	public void apply(PolicyChange change, String who) {
		apply(change, "instance", who);
	}

	@Override
	public long applyToAll(PolicyChange change, String who) {
		if (this.broadcast == null) {
			throw new IllegalArgumentException("There is no Redis to reach other instances by: use scope=instance");
		}
		// First here: what cannot be is told to nobody.
		apply(change, "all", who);
		try {
			return this.broadcast.publish(new Message(this.instance, who, change).toText())
				.toCompletableFuture()
				.join();
		}
		catch (CompletionException ex) {
			throw new StoreUnavailableException("The change holds in this instance; others may not have been told: "
					+ PropertiesInForce.rootMessage(ex), ex);
		}
	}

	private void apply(PolicyChange change, String scope, String who) {
		try {
			this.properties.change(change);
		}
		catch (RuntimeException ex) {
			throw new IllegalArgumentException(PropertiesInForce.rootMessage(ex), ex);
		}
		this.audit.changed(change, scope, who);
	}

	/**
	 * What instances are told.
	 *
	 * @param instance the instance that says it
	 * @param who who has asked it to
	 * @param change the change
	 */
	private record Message(String instance, String who, PolicyChange change) {

		static Message of(String text) {
			String[] parts = text.split("[ \n]", 3);
			if (parts.length < 3) {
				throw new IllegalArgumentException("This is no change of a policy");
			}
			return new Message(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8),
					PolicyChange.of(parts[2]));
		}

		/**
		 * Returns this message as text.
		 * @return a line with the instance and, encoded as in a URL, who has asked it;
		 * below it the change
		 */
		String toText() {
			return this.instance + " " + URLEncoder.encode(this.who, StandardCharsets.UTF_8) + "\n"
					+ this.change.toText();
		}

	}

}
