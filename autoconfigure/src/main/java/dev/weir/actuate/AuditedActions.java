package dev.weir.actuate;

import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;

import dev.weir.core.Stages;
import dev.weir.core.StoreUnavailableException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.SecurityContext;

/**
 * Runs the actions of operators and records them in the audit. Thread-safe.
 *
 * @param audit the audit
 */
record AuditedActions(OperatorAudit audit) {

	/**
	 * Runs an action and records it. If the action fails although the store was asked,
	 * the audit records an unknown outcome.
	 * @param <T> the type of the result
	 * @param type the type of the audit event
	 * @param data the data of the audit event
	 * @param security the security context of the request
	 * @param action the action
	 * @param done the test that returns from the result whether there is something to
	 * record
	 * @return the result
	 */
	<T> T run(String type, Map<String, @Nullable Object> data, SecurityContext security,
			Supplier<CompletionStage<T>> action, Predicate<T> done) {
		try {
			T result = Stages.await(action.get());
			if (done.test(result)) {
				this.audit.done(type, data, principal(security));
			}
			return result;
		}
		catch (RuntimeException ex) {
			if (!(ex instanceof StoreUnavailableException unavailable) || unavailable.wasAsked()) {
				data.put("outcome", "unknown");
				this.audit.done(type, data, principal(security));
			}
			throw ex;
		}
	}

	static String principal(SecurityContext security) {
		return (security.getPrincipal() != null) ? security.getPrincipal().getName() : "anonymous";
	}

}
