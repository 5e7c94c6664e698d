package dev.weir.benchmark.run;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Processors}.
 */
class ProcessorsTests {

	@Test
	void readsListsAndRangesOfProcessors() {
		assertThat(Processors.of("Name:\tjava\nCpus_allowed_list:\t0-2,5,7-8\nMems_allowed_list:\t0\n").ids())
			.containsExactly(0, 1, 2, 5, 7, 8);
	}

	@Test
	void childrenShareNoProcessor() {
		Processors five = new Processors(List.of(0, 1, 2, 5, 7));
		assertThat(five.bind(0, 2)).endsWith("-c", "0,2,7");
		assertThat(five.bind(1, 2)).endsWith("-c", "1,5");
	}

	@Test
	void doesNotBindChildrenToTooFewProcessors() {
		assertThat(new Processors(List.of(0)).bind(0, 2)).isEmpty();
		assertThat(new Processors(List.of()).bind(0, 1)).isEmpty();
	}

}
