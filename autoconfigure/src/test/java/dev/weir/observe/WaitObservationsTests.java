package dev.weir.observe;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseRequest;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WaitObservations}.
 */
class WaitObservationsTests {

	@Test
	void theTagOfThePolicyDoesNotGrowWithoutBound() {
		Set<String> policies = new HashSet<>();
		Set<String> names = new HashSet<>();
		Set<String> fullNames = new HashSet<>();
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig().observationHandler(new ObservationHandler<>() {

			@Override
			public void onStop(Observation.Context context) {
				policies.add(context.getLowCardinalityKeyValue("policy").getValue());
				names.add(context.getContextualName());
				fullNames.add(context.getHighCardinalityKeyValue("policy.name").getValue());
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
		WaitObservations observations = new WaitObservations(registry, true);
		for (int i = 0; i < 2000; i++) {
			LeaseListener.Call call = observations.asked(new LeaseRequest("job-" + i,
					new LeaseKey(LeaseKind.LOCK, "weir:job-" + i), 1, null, Duration.ZERO, false, "test"));
			call.acquired(Duration.ZERO, false);
		}
		assertThat(policies).hasSize(PolicyTags.MAX_NAMES + 1).contains("job-0", PolicyTags.OTHERS);
		assertThat(names).hasSize(PolicyTags.MAX_NAMES + 1);
		assertThat(fullNames).hasSize(2000);
	}

}
