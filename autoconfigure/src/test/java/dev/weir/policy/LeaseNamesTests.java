package dev.weir.policy;

import dev.weir.lease.LeaseKind;
import dev.weir.policy.LeaseNames.Owner;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LeaseNames}.
 */
class LeaseNamesTests {

	private static final Owner KEYED = new Owner(LeaseKind.LOCK, true, "Keyed.run");

	private static final Owner PLAIN = new Owner(LeaseKind.LOCK, false, "Plain.run");

	private static final Owner SEMAPHORE = new Owner(LeaseKind.SEMAPHORE, false, "Batch.run");

	private final LeaseNames names = new LeaseNames();

	@Test
	void policiesMeetInBothOrders() {
		assertThat(this.names.declare(KEYED, "doc")).isNull();
		assertThat(this.names.declare(PLAIN, "doc:nightly"))
			.isEqualTo("the lock 'doc' of Keyed.run would have the same key in Redis with the key 'nightly'");
		assertThat(this.names.use(SEMAPHORE, "doc:a:b")).contains("with the key 'a:b'");
		LeaseNames others = new LeaseNames();
		assertThat(others.declare(PLAIN, "doc:nightly")).isNull();
		assertThat(others.use(KEYED, "doc")).isEqualTo("with the key 'nightly' it would have the same key in Redis as "
				+ "the lock 'doc:nightly' of Plain.run");
	}

	@Test
	void namesThatOnlyBeginAlikeDoNotMeet() {
		assertThat(this.names.declare(KEYED, "doc")).isNull();
		assertThat(this.names.declare(KEYED, "docs")).isNull();
		assertThat(this.names.declare(KEYED, "doc-nightly")).isNull();
		assertThat(this.names.declare(PLAIN, "do:c")).isNull();
		assertThat(this.names.declare(PLAIN, "do")).isNull();
		assertThat(this.names.declare(KEYED, "doc")).isNull();
	}

	@Test
	void aNameThatIsUsedWithAKeyLaterMeetsTheOthersThen() {
		assertThat(this.names.use(PLAIN, "doc")).isNull();
		assertThat(this.names.use(PLAIN, "doc:nightly")).isNull();
		assertThat(this.names.use(KEYED, "doc")).contains("doc:nightly");
		assertThat(this.names.use(PLAIN, "doc")).isNull();
	}

	@Test
	void aLockAndASemaphoreCannotHaveTheSameName() {
		assertThat(this.names.declare(PLAIN, "batch")).isNull();
		assertThat(this.names.use(SEMAPHORE, "batch"))
			.isEqualTo("the lock of Plain.run has the same name, and therefore the same keys");
	}

	@Test
	void checksNamesBeyondTheOnesThatItRemembers() {
		assertThat(this.names.declare(KEYED, "doc")).isNull();
		for (int i = 0; i < 1100; i++) {
			assertThat(this.names.use(PLAIN, "report-" + i)).isNull();
		}
		assertThat(this.names.use(PLAIN, "doc:1")).isNotNull();
		assertThat(this.names.declare(KEYED, "report-1")).isNull();
		assertThat(this.names.use(PLAIN, "report-1:2")).isNotNull();
	}

}
