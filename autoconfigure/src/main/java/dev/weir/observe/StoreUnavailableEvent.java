package dev.weir.observe;

/**
 * Application event that is published when a master of Redis has failed to answer this
 * instance several times in a row. From now on, calls that need this master follow
 * {@code on-unavailable} of their policies. The event is published once until the master
 * answers again.
 *
 * @param master the address of the master in a cluster, otherwise {@code redis}
 * @param reason the last failure
 */
public record StoreUnavailableEvent(String master, String reason) {

}
