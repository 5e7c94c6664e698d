package dev.weir.lease.engine;

/**
 * Bounds how many callers of this instance wait for leases at the same time. A caller
 * that finds the room full does not wait: the lease is busy for it at once. Thread-safe;
 * never blocks.
 */
public interface WaitRoom {

	/** Takes in any number of callers. */
	WaitRoom UNBOUNDED = new WaitRoom() {

		@Override
		public boolean enter() {
			return true;
		}

		@Override
		public void leave() {
		}

	};

	/**
	 * Takes in a caller that begins to wait.
	 * @return whether there is room for the caller
	 */
	boolean enter();

	/**
	 * Lets a caller out that has entered. Called once for each caller, when it has its
	 * answer.
	 */
	void leave();

}
