package dev.weir.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Circuit}.
 */
class CircuitTests {

	private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 50);

	private final Circuit circuit = new Circuit("redis", 3, 100, this.clock::get);

	@Test
	void aFewFailuresDoNotOpenTheCircuit() {
		this.circuit.failed();
		this.circuit.failed();
		assertThat(this.circuit.permits()).isTrue();
		this.circuit.answered();
		this.circuit.failed();
		this.circuit.failed();
		assertThat(this.circuit.isOpen()).isFalse();
	}

	@Test
	void anOpenCircuitPermitsOneProbePerInterval() {
		open();
		assertThat(this.circuit.permits()).isFalse();
		this.clock.addAndGet(100);
		assertThat(this.circuit.permits()).isTrue();
		assertThat(this.circuit.permits()).isFalse();
		this.circuit.failed();
		assertThat(this.circuit.permits()).isFalse();
		this.clock.addAndGet(100);
		assertThat(this.circuit.permits()).isTrue();
	}

	@Test
	void aLateFailureDelaysTheNextProbe() {
		open();
		this.clock.addAndGet(60);
		this.circuit.failed();
		this.clock.addAndGet(60);
		assertThat(this.circuit.permits()).isFalse();
		this.clock.addAndGet(40);
		assertThat(this.circuit.permits()).isTrue();
	}

	@Test
	void knowsForHowLongTheMasterIsAway() {
		this.circuit.failed();
		this.clock.addAndGet(30);
		this.circuit.failed();
		assertThat(this.circuit.awayFor()).isZero();
		this.circuit.failed();
		assertThat(this.circuit.awayFor()).isEqualTo(Duration.ofNanos(30));
		this.circuit.answered();
		assertThat(this.circuit.awayFor()).isZero();
	}

	@Test
	void aMasterThatRefusesToWorkIsAwayAlthoughItAnswers() {
		open();
		this.clock.addAndGet(10);
		assertThat(this.circuit.refused()).isTrue();
		assertThat(this.circuit.permits()).isTrue();
		assertThat(this.circuit.isOpen()).isFalse();
		this.clock.addAndGet(10);
		assertThat(this.circuit.refused()).isFalse();
		assertThat(this.circuit.awayFor()).isGreaterThanOrEqualTo(Duration.ofNanos(10));
		this.circuit.answered();
		assertThat(this.circuit.awayFor()).isZero();
	}

	@Test
	void anAnswerClosesTheCircuit() {
		open();
		this.circuit.answered();
		assertThat(this.circuit.permits()).isTrue();
		assertThat(this.circuit.permits()).isTrue();
	}

	private void open() {
		for (int i = 0; i < 3; i++) {
			this.circuit.failed();
		}
		assertThat(this.circuit.isOpen()).isTrue();
	}

}
