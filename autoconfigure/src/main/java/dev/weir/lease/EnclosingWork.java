package dev.weir.lease;

/**
 * Work around a guarded call that must end before the lease of the call is released. This
 * is a database transaction that began before the lease was acquired: after an earlier
 * release, the next holder would not see the changes that this holder has written but not
 * yet committed.
 * <p>
 * Implementations are thread-safe.
 */
public interface EnclosingWork {

	/** An implementation for calls that are never inside of such work. */
	EnclosingWork NONE = new EnclosingWork() {

		@Override
		public boolean isActive() {
			return false;
		}

		@Override
		public void register(Runnable beforeCommit, Runnable afterEnd) {
			throw new IllegalStateException("This call has no enclosing work");
		}

	};

	/**
	 * Returns whether the current thread is inside of such work.
	 * @return {@code false} if the lease of a call can be released as soon as the call
	 * ends
	 */
	boolean isActive();

	/**
	 * Registers callbacks for the end of the work of the current thread.
	 * @param beforeCommit runs before the work takes effect; an exception that this
	 * callback throws prevents the work from taking effect
	 * @param afterEnd runs after the work has taken effect or was given up
	 */
	void register(Runnable beforeCommit, Runnable afterEnd);

}
