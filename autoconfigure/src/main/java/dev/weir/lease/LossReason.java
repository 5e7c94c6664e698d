package dev.weir.lease;

/**
 * The reason for which a lease was lost.
 */
public enum LossReason {

	/** The holder had the lease for longer than its policy allows. */
	TIMEOUT("its timeout passed"),

	/**
	 * The lease could not be renewed in time: this JVM was paused, or the store was
	 * unavailable.
	 */
	EXPIRED("it was not renewed in time"),

	/**
	 * The store no longer knows the owner, because of another owner, a flush or a
	 * failover.
	 */
	TAKEN("the store no longer knows this holder");

	private final String text;

	LossReason(String text) {
		this.text = text;
	}

	/**
	 * Returns the reason for use in messages.
	 * @return the reason, as the end of a sentence
	 */
	public String text() {
		return this.text;
	}

}
