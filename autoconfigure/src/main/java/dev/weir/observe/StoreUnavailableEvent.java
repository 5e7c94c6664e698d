package dev.weir.observe;

/**
 * Application event: Redis has not answered this instance several times in a row, and
 * what the policies say for that case holds from now on. Published once until it answers
 * again.
 *
 * @param reason what happened at last
 */
public record StoreUnavailableEvent(String reason) {

}
