package dev.weir.policy;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Thrown at start-up if annotations or properties do not form a valid policy.
 */
public final class InvalidPolicyException extends RuntimeException {

	private final transient List<PolicyMistake> mistakes;

	/**
	 * Creates an exception.
	 * @param mistakes all mistakes, at least one
	 */
	public InvalidPolicyException(List<PolicyMistake> mistakes) {
		super(mistakes.stream().map(PolicyMistake::toString).collect(Collectors.joining(System.lineSeparator())));
		this.mistakes = List.copyOf(mistakes);
	}

	InvalidPolicyException(PolicyMistake mistake) {
		this(List.of(mistake));
	}

	public List<PolicyMistake> getMistakes() {
		return this.mistakes;
	}

}
