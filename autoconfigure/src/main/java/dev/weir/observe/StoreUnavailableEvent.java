package dev.weir.observe;

/**
 * Application event that is published when Redis has failed to answer this instance
 * several times in a row. From now on, calls follow {@code on-unavailable} of their
 * policies. The event is published once until Redis answers again.
 *
 * @param reason the last failure
 */
public record StoreUnavailableEvent(String reason) {

}
