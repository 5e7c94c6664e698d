package dev.weir.actuate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

import dev.weir.core.Log;
import dev.weir.core.Printable;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.audit.AuditEvent;

/**
 * Records the actions of operators in the log and as audit events of Spring Boot.
 * Thread-safe.
 */
public final class OperatorAudit {

	private static final Log logger = Log.of(OperatorAudit.class);

	private final Consumer<AuditEvent> events;

	/**
	 * Creates an audit.
	 * @param events the receiver of the events
	 */
	public OperatorAudit(Consumer<AuditEvent> events) {
		this.events = events;
	}

	/**
	 * Records that a policy was changed in this instance.
	 * @param change the change
	 * @param scope {@code instance} or {@code all}
	 * @param operator the name of the operator
	 */
	public void changed(PolicyChange change, String scope, String operator) {
		Map<String, @Nullable Object> done = new LinkedHashMap<>();
		done.putAll(change.values());
		done.put("kind", change.kind().toString());
		done.put("name", change.name());
		done.put("scope", scope);
		done("WEIR_POLICY_CHANGED", done, operator);
	}

	void done(String type, Map<String, @Nullable Object> data, String operator) {
		String who = Printable.of(operator);
		Map<String, @Nullable Object> printable = new LinkedHashMap<>();
		data.forEach((name, value) -> printable.put(name, Printable.of(value)));
		logger.warn("{} by {}: {}", type, who, printable);
		this.events.accept(new AuditEvent(who, type, printable));
	}

}
