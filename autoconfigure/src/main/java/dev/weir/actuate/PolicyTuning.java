package dev.weir.actuate;

/**
 * Changes policies while the application runs. Thread-safe.
 */
public interface PolicyTuning {

	/**
	 * Changes a policy in this instance, from the next call on.
	 * @param change the change
	 * @param operator the name of the operator, for the audit
	 * @throws IllegalArgumentException if the changed policy is invalid; then nothing
	 * changes
	 */
	void apply(PolicyChange change, String operator);

	/**
	 * Changes a policy in all instances that are connected now.
	 * @param change the change
	 * @param operator the name of the operator, for the audit of each instance
	 * @return the number of instances that received the change
	 * @throws IllegalArgumentException if the changed policy is invalid, or if this
	 * instance cannot reach other instances; then nothing changes
	 * @throws dev.weir.core.StoreUnavailableException if only the change in this instance
	 * is certain
	 */
	long applyToAll(PolicyChange change, String operator);

}
