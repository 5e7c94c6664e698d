package dev.weir.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StoreListeners}: an answer of Redis must not be lost by a meter that
 * cannot be registered.
 */
class StoreListenersTests {

	@Test
	void whatOneThrowsKeepsNeitherTheCallNorTheOthersFromGoingOn() {
		List<String> heard = new ArrayList<>();
		StoreListener listener = StoreListeners.of(List.of(new Failing(), new Recording(heard)));
		listener.called("ping", Duration.ZERO, StoreListener.Outcome.ANSWERED);
		listener.circuitOpened("away");
		listener.circuitClosed();
		assertThat(heard).containsExactly("ping ANSWERED", "opened: away", "closed");
	}

	@Test
	void nobodyIsToldNothing() {
		assertThat(StoreListeners.of(List.of())).isSameAs(StoreListener.NONE);
	}

	/**
	 * Writes down what it hears.
	 *
	 * @param heard where
	 */
	private record Recording(List<String> heard) implements StoreListener {

		@Override
		public void called(String script, Duration time, Outcome outcome) {
			this.heard.add(script + " " + outcome);
		}

		@Override
		public void circuitOpened(String reason) {
			this.heard.add("opened: " + reason);
		}

		@Override
		public void circuitClosed() {
			this.heard.add("closed");
		}

	}

	private static final class Failing implements StoreListener {

		@Override
		public void called(String script, Duration time, Outcome outcome) {
			throw new IllegalStateException("a mistake in a listener");
		}

		@Override
		public void circuitOpened(String reason) {
			throw new IllegalStateException("a mistake in a listener");
		}

		@Override
		public void circuitClosed() {
			throw new IllegalStateException("a mistake in a listener");
		}

	}

}
