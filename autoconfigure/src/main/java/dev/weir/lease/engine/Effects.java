package dev.weir.lease.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.weir.core.Containment;
import dev.weir.lease.LeaseKey;

/**
 * Collects the effects of an event: store calls, callbacks and answers to callers. An
 * event changes the state of a {@link Gate} under its mutex; its effects run after the
 * mutex is free, in the order in which they were added, so foreign code never runs under
 * the mutex.
 */
final class Effects {

	private final List<Runnable> effects = new ArrayList<>(2);

	private final List<Runnable> notices = new ArrayList<>(2);

	private Effects() {
	}

	/**
	 * Adds an effect.
	 * @param effect runs after the mutex is free
	 */
	void add(Runnable effect) {
		this.effects.add(effect);
	}

	/**
	 * Adds the notice of a listener, which is foreign code and may even block.
	 * @param notice runs after all effects: callers are answered first
	 */
	void addNotice(Runnable notice) {
		this.notices.add(notice);
	}

	private void run(LeaseKey key) {
		run(key, this.effects);
		run(key, this.notices);
	}

	private static void run(LeaseKey key, List<Runnable> effects) {
		for (Runnable effect : effects) {
			// Callers depend on the effects that follow.
			Containment.run("An effect at the gate of a " + key.kind(), effect);
		}
	}

	/**
	 * The events of one gate, one at a time.
	 *
	 * @param key the key of the gate, for messages
	 * @param mutex guards the state of the gate
	 */
	record Events(LeaseKey key, ReentrantLock mutex) {

		Events(LeaseKey key) {
			this(key, new ReentrantLock());
		}

		/**
		 * Runs an event, then its effects.
		 * @param event changes the state and adds effects
		 */
		void on(Consumer<Effects> event) {
			ask((effects) -> {
				event.accept(effects);
				return true;
			});
		}

		/**
		 * Runs an event that has a result, then its effects.
		 * @param <T> the type of the result
		 * @param event changes the state, adds effects and returns the result
		 * @return the result
		 */
		<T> T ask(Function<Effects, T> event) {
			Effects effects = new Effects();
			T result;
			this.mutex.lock();
			try {
				result = event.apply(effects);
			}
			finally {
				this.mutex.unlock();
			}
			effects.run(this.key);
			return result;
		}

	}

}
