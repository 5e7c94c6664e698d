package dev.weir.actuate;

/**
 * Changes policies while the application runs. Thread-safe.
 */
public interface PolicyTuning {

	/**
	 * Changes a policy in this instance, from the next call on.
	 * @param change the change
	 * @param who who asks for it, for the audit
	 * @throws IllegalArgumentException if the policy cannot be so; then nothing changes
	 */
	void apply(PolicyChange change, String who);

	/**
	 * Changes a policy in all instances that are connected now.
	 * @param change the change
	 * @param who who asks for it, for the audit of each of them
	 * @return how many heard of it
	 * @throws IllegalArgumentException if the policy cannot be so, or there is no way to
	 * other instances; then nothing changes
	 * @throws dev.weir.core.StoreUnavailableException if only this instance was changed
	 * for certain
	 */
	long applyToAll(PolicyChange change, String who);

}
