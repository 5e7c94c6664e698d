package dev.weir.lease;

/**
 * Work around a guarded call that must end before the call's lease may be released: a
 * database transaction that was begun before the lease was acquired. Released earlier,
 * the next holder would not see what this one has written and not yet committed.
 * <p>
 * Implementations are thread-safe.
 */
public interface EnclosingWork {

	/** There is never any. */
	EnclosingWork NONE = new EnclosingWork() {

		@Override
		public boolean isActive() {
			return false;
		}

		@Override
		public void register(Runnable beforeCommit, Runnable afterEnd) {
			throw new IllegalStateException("There is no work around this call");
		}

	};

	/**
	 * Whether the current thread is in such work.
	 * @return whether it is
	 */
	boolean isActive();

	/**
	 * Registers what to run when the work of the current thread ends.
	 * @param beforeCommit runs before the work takes effect; what it throws keeps the
	 * work from taking effect
	 * @param afterEnd runs when the work has taken effect or was given up
	 */
	void register(Runnable beforeCommit, Runnable afterEnd);

}
