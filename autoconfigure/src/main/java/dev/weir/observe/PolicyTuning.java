package dev.weir.observe;

/**
 * Changes policies while the application runs. Thread-safe.
 */
public interface PolicyTuning {

	/**
	 * Changes a policy in this instance, from the next call on.
	 * @param change the change
	 * @throws IllegalArgumentException if the policy cannot be so; then nothing changes
	 */
	void apply(PolicyChange change);

	/**
	 * Changes a policy in all instances that are connected now.
	 * @param change the change
	 * @return how many heard of it
	 * @throws IllegalArgumentException if the policy cannot be so; then nothing changes
	 * @throws IllegalStateException if there is no way to the other instances
	 */
	long applyToAll(PolicyChange change);

}
