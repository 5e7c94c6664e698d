package dev.weir.policy;

/**
 * One mistake in a policy that prevents the start of the application.
 *
 * @param location the class and method
 * @param attribute the attribute with its value, such as {@code timeout = "-1s"}, or the
 * annotation itself
 * @param problem the problem
 * @param cure the cure, in the imperative
 */
public record PolicyMistake(String location, String attribute, String problem, String cure) {

	@Override
	public String toString() {
		return this.location + ": " + this.attribute + ": " + this.problem + ". " + this.cure;
	}

}
