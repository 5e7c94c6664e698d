package dev.weir.autoconfigure;

import java.util.stream.Collectors;

import dev.weir.policy.InvalidPolicyException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Lists the annotations and properties that do not make a valid policy, each with its
 * cure.
 */
class InvalidPolicyFailureAnalyzer extends AbstractFailureAnalyzer<InvalidPolicyException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, InvalidPolicyException cause) {
		String line = System.lineSeparator();
		String description = cause.getMistakes()
			.stream()
			.map((mistake) -> mistake.location() + line + "    " + mistake.attribute() + line + "    "
					+ mistake.problem() + ".")
			.collect(Collectors.joining(line + line,
					"Weir cannot guard these methods as their annotations and properties require:" + line + line, ""));
		String action = cause.getMistakes()
			.stream()
			.map((mistake) -> mistake.location() + ": " + mistake.cure() + ".")
			.collect(Collectors.joining(line));
		return new FailureAnalysis(description, action, cause);
	}

}
