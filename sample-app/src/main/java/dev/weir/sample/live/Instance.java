package dev.weir.sample.live;

import java.util.Map;

/**
 * What one instance says of itself.
 *
 * @param name its process id and port
 * @param waiting how many of its calls wait for a lease, by policy
 * @param denied how many calls it has denied since its start, by policy
 */
record Instance(String name, Map<String, Integer> waiting, Map<String, Long> denied) {

}
