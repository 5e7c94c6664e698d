package dev.weir.actuate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.actuate.audit.AuditEvent;

/**
 * Tells the log, and Spring Boot as audit events, what operators do. Thread-safe.
 */
public final class OperatorAudit {

	private static final Logger logger = LoggerFactory.getLogger(OperatorAudit.class);

	private final Consumer<AuditEvent> events;

	/**
	 * Creates an audit.
	 * @param events receives the events
	 */
	public OperatorAudit(Consumer<AuditEvent> events) {
		this.events = events;
	}

	/**
	 * A policy has been changed in this instance.
	 * @param change the change
	 * @param scope {@code instance} or {@code all}
	 * @param who who has asked for it
	 */
	public void changed(PolicyChange change, String scope, String who) {
		Map<String, @Nullable Object> done = new LinkedHashMap<>();
		done.putAll(change.values());
		done.put("kind", change.kind().toString());
		done.put("name", change.name());
		done.put("scope", scope);
		done("WEIR_POLICY_CHANGED", done, who);
	}

	void done(String type, Map<String, @Nullable Object> data, String who) {
		logger.warn("{} by {}: {}", type, who, data);
		this.events.accept(new AuditEvent(who, type, data));
	}

}
