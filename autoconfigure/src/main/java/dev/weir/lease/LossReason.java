package dev.weir.lease;

/**
 * Why a lease was lost.
 */
public enum LossReason {

	/** The holder held it for longer than its policy allows. */
	TIMEOUT("its timeout passed"),

	/** It could not be renewed in time: this JVM was paused, or the store was away. */
	EXPIRED("it was not renewed in time"),

	/** The store no longer knows it: another owner, a flush, a failover. */
	TAKEN("the store no longer knows this holder");

	private final String text;

	LossReason(String text) {
		this.text = text;
	}

	/**
	 * Returns the reason for messages.
	 * @return the reason, as the end of a sentence
	 */
	public String text() {
		return this.text;
	}

}
