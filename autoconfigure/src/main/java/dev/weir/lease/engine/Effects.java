package dev.weir.lease.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.weir.core.Containment;
import org.jspecify.annotations.Nullable;

/**
 * Collects the effects of an event: store calls, callbacks and answers to callers. An
 * event changes the state of a {@link Gate} under its mutex; its effects run after the
 * mutex is free, in the order in which they were added, so foreign code never runs under
 * the mutex.
 */
final class Effects {

	private final List<Runnable> effects = new ArrayList<>(2);

	/** Created only for a listener. */
	private @Nullable List<Runnable> notices;

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
		List<Runnable> known = this.notices;
		if (known == null) {
			known = new ArrayList<>(2);
			this.notices = known;
		}
		known.add(notice);
	}

	private void run() {
		run(this.effects);
		if (this.notices != null) {
			run(this.notices);
		}
	}

	private static void run(List<Runnable> effects) {
		for (Runnable effect : effects) {
			// Callers depend on the effects that follow.
			Containment.run("An effect of an event at a gate", effect);
		}
	}

	/**
	 * The events of one gate, one at a time.
	 *
	 * @param mutex guards the state of the gate
	 */
	record Events(ReentrantLock mutex) {

		Events() {
			this(new ReentrantLock());
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
			effects.run();
			return result;
		}

	}

}
