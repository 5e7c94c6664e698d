package dev.weir.autoconfigure;

import java.util.stream.Collectors;

import dev.weir.autoconfigure.UnknownPropertyException.UnknownProperty;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Lists the properties that Weir does not have, and the names that were probably meant.
 */
class UnknownPropertyFailureAnalyzer extends AbstractFailureAnalyzer<UnknownPropertyException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, UnknownPropertyException cause) {
		String line = System.lineSeparator();
		String description = cause.getProperties()
			.stream()
			.map((property) -> "    " + property.name()
					+ ((property.origin() != null) ? "    (" + property.origin() + ")" : ""))
			.collect(Collectors.joining(line,
					"Weir does not have these properties, so they would have no effect:" + line + line, ""));
		String action = cause.getProperties().stream().map(UnknownProperty::cure).collect(Collectors.joining(line));
		return new FailureAnalysis(description, action, cause);
	}

}
