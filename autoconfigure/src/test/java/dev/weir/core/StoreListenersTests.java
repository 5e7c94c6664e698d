package dev.weir.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StoreListeners}: an answer of Redis must not be lost because a meter
 * cannot be registered.
 */
class StoreListenersTests {

	@Test
	void anExceptionOfOneListenerStopsNeitherTheCallNorTheOthers() {
		List<String> received = new ArrayList<>();
		StoreListener listener = StoreListeners.of(List.of(new Failing(), new Recording(received)));
		listener.called("ping", Duration.ZERO, StoreListener.Outcome.ANSWERED);
		listener.circuitOpened("redis", "away");
		listener.circuitClosed("redis");
		assertThat(received).containsExactly("ping ANSWERED", "opened: away", "closed");
	}

	@Test
	void combiningNoListenersReturnsNone() {
		assertThat(StoreListeners.of(List.of())).isSameAs(StoreListener.NONE);
	}

	/**
	 * Records the events that it receives.
	 *
	 * @param received the list of the events
	 */
	private record Recording(List<String> received) implements StoreListener {

		@Override
		public void called(String script, Duration time, Outcome outcome) {
			this.received.add(script + " " + outcome);
		}

		@Override
		public void circuitOpened(String master, String reason) {
			this.received.add("opened: " + reason);
		}

		@Override
		public void circuitClosed(String master) {
			this.received.add("closed");
		}

	}

	private static final class Failing implements StoreListener {

		@Override
		public void called(String script, Duration time, Outcome outcome) {
			throw new IllegalStateException("a mistake in a listener");
		}

		@Override
		public void circuitOpened(String master, String reason) {
			throw new IllegalStateException("a mistake in a listener");
		}

		@Override
		public void circuitClosed(String master) {
			throw new IllegalStateException("a mistake in a listener");
		}

	}

}
