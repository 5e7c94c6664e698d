package dev.weir.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisListeners}: an answer of Redis must not be lost by a meter that
 * cannot be registered.
 */
class RedisListenersTests {

	@Test
	void whatOneThrowsKeepsNeitherTheCallNorTheOthersFromGoingOn() {
		List<String> heard = new ArrayList<>();
		RedisListener listener = RedisListeners.of(List.of(new Failing(), new Recording(heard)));
		listener.called("ping", Duration.ZERO, RedisListener.Outcome.ANSWERED);
		listener.circuitOpened("away");
		listener.circuitClosed();
		assertThat(heard).containsExactly("ping ANSWERED", "opened: away", "closed");
	}

	@Test
	void nobodyIsToldNothing() {
		assertThat(RedisListeners.of(List.of())).isSameAs(RedisListener.NONE);
	}

	/**
	 * Writes down what it hears.
	 *
	 * @param heard where
	 */
	private record Recording(List<String> heard) implements RedisListener {

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

	private static final class Failing implements RedisListener {

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
