package dev.weir.redis;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * The circuits of all masters: a master that does not answer keeps no call from the
 * others. Thread-safe.
 */
final class Circuits {

	private final Map<String, Circuit> byMaster = new ConcurrentHashMap<>();

	private final Function<String, Circuit> factory;

	/**
	 * For calls whose master is not known, because the client of a cluster is not
	 * connected.
	 */
	private final Circuit unknown;

	Circuits(Function<String, Circuit> factory) {
		this.factory = factory;
		this.unknown = factory.apply("unknown");
	}

	/**
	 * Returns the circuit of a master.
	 * @param master the name of the master, {@code null} if it is not known
	 * @return its circuit
	 */
	Circuit of(@Nullable String master) {
		if (master == null) {
			return this.unknown;
		}
		Circuit known = this.byMaster.get(master);
		return (known != null) ? known : this.byMaster.computeIfAbsent(master, this.factory);
	}

	/**
	 * Records that the client is connected: the master of each call is known now.
	 * @return whether this has closed a circuit
	 */
	boolean connected() {
		return this.unknown.answered();
	}

	/**
	 * Returns the state of all circuits.
	 * @return by master, whether its circuit is open
	 */
	Map<String, Boolean> open() {
		Map<String, Boolean> open = new TreeMap<>();
		this.byMaster.forEach((master, circuit) -> open.put(master, circuit.isOpen()));
		if (this.unknown.isOpen()) {
			open.put(this.unknown.master(), true);
		}
		return open;
	}

}
