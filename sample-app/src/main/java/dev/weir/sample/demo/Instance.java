package dev.weir.sample.demo;

import java.util.Map;

/**
 * The report of one instance on its state.
 *
 * @param name the process id and port of the instance
 * @param held the number of leases that calls of this instance hold, by policy
 * @param waiting the number of calls that wait for a lease, by policy
 * @param denied the number of calls that were denied since the start of the instance, by
 * policy
 */
record Instance(String name, Map<String, Integer> held, Map<String, Integer> waiting, Map<String, Long> denied) {

}
