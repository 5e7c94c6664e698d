package dev.weir.test;

import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RunsOnLeader;
import dev.weir.lease.Leaders;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseLostException;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.OnBusy;
import dev.weir.observe.LeadershipGrantedEvent;
import dev.weir.observe.LeadershipLostEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.test.context.junit.jupiter.SpringExtension;

import static dev.weir.test.WeirAssertions.assertThatLocks;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for jobs that one instance runs, in tests of an application.
 */
@ExtendWith(SpringExtension.class)
@AutoConfigureWeir
@Import(LeadershipTests.Application.class)
class LeadershipTests {

	@Autowired
	private TestWeir weir;

	@Autowired
	private Reports reports;

	@Autowired
	private Leaders leaders;

	@Autowired
	private LockOperations locks;

	@Test
	void aTestGrantsTheLeadershipAndTakesItAway() {
		int before = this.reports.runs();
		this.reports.refresh();
		assertThat(this.reports.runs()).isEqualTo(before);
		assertThatLocks().hasSkipped("leader:reports", 1);
		this.weir.grantLeadership("reports");
		this.reports.refresh();
		assertThat(this.reports.runs()).isEqualTo(before + 1);
		assertThat(this.leaders.of("reports").isLeader()).isTrue();
		this.weir.loseLeadership("reports");
		assertThat(this.leaders.of("reports").isLeader()).isFalse();
		this.reports.refresh();
		assertThatLocks().hasSkipped("leader:reports", 2);
		await().until(() -> this.reports.events() == 2);
		this.weir.grantLeadership("reports");
		this.reports.refresh();
		assertThat(this.reports.runs()).isEqualTo(before + 2);
	}

	@Test
	void aTestBeginsWithoutLeadership() {
		assertThat(this.leaders.of("reports").isLeader()).isFalse();
		assertThatIllegalStateException().isThrownBy(() -> this.weir.loseLeadership("reports"))
			.withMessage("The application is not the leader of 'reports'");
		assertThatLocks().hasSkipped("leader:reports", 0);
	}

	@Test
	void aJobThatLosesTheLeadershipFails() {
		this.weir.grantLeadership("imports");
		assertThatExceptionOfType(LeaseLostException.class).isThrownBy(() -> this.leaders.of("imports").tryRun(() -> {
			assertThat(Lease.current()).isPresent();
			this.weir.loseLeadership("imports");
		}));
	}

	@Test
	void aSkippedJobIsAsserted() {
		try (Lease running = this.locks.acquire(LockSpec.of("nightly"))) {
			assertThat(running.isValid()).isTrue();
			this.reports.nightly();
		}
		assertThatLocks().hasSkipped("nightly", 1);
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> assertThatLocks().hasSkipped("nightly", 2))
			.withMessageContaining("Expected 2 skipped calls of the lock 'nightly', but there are 1");
	}

	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean
		Reports reports() {
			return new Reports();
		}

	}

	static class Reports {

		private final AtomicInteger runs = new AtomicInteger();

		private final AtomicInteger events = new AtomicInteger();

		int runs() {
			return this.runs.get();
		}

		int events() {
			return this.events.get();
		}

		@RunsOnLeader("reports")
		void refresh() {
			this.runs.incrementAndGet();
		}

		@DistributedLock(name = "nightly", waitTime = "0", onBusy = OnBusy.SKIP)
		void nightly() {
			this.runs.incrementAndGet();
		}

		@EventListener
		void granted(LeadershipGrantedEvent event) {
			count(event.role());
		}

		@EventListener
		void lost(LeadershipLostEvent event) {
			count(event.role());
		}

		private void count(String role) {
			if (role.equals("reports")) {
				this.events.incrementAndGet();
			}
		}

	}

}
