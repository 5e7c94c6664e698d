package dev.weir.lease.engine;

import java.time.Duration;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseListener;
import dev.weir.lease.LeaseStore;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for the three rules of {@link StoreQueue} that need more messages than
 * {@link WaitingOrdersTests} can play in all orders.
 */
class StoreQueueTests {

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.SEMAPHORE, "key");

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final Effects.Events events = new Effects.Events();

	private final StoreQueue queue = queue();

	private StoreQueue queue() {
		ManualTimer timer = new ManualTimer();
		LeaseSettings settings = new LeaseSettings(Duration.ofDays(1), "shop", "instance");
		EngineContext engine = new EngineContext(this.store, settings, timer.clock(), timer, Runnable::run,
				new OwnerIds(settings), LeaseListener.NONE);
		return new StoreQueue(engine, KEY, this.events, (effects) -> {
		});
	}

	@Test
	void eachWakeUpThatNoClaimUsesIsPassedOn() {
		this.queue.woken();
		this.queue.woken();
		this.queue.woken();
		this.queue.claiming(false);
		this.events.on(this.queue::passWakeUpsOn);
		assertThat(this.store.next("leave").queue()).isTrue();
		assertThat(this.store.next("leave").queue()).isTrue();
		assertThat(this.store.isQuiet()).isTrue();
		assertThat(this.queue.owesWakeUp()).isFalse();
	}

	@Test
	void answersOfCommandsThatOverlapAreNotTrusted() {
		this.queue.begin(false);
		assertThat(this.queue.isOverlapping()).isFalse();
		this.queue.begin(false);
		assertThat(this.queue.isOverlapping()).isTrue();
		assertThat(this.queue.isWorthAnotherClaim()).isTrue();
	}

	@Test
	void anOverlapIsForgottenByTheNextClaimThatIsAlone() {
		this.queue.begin(true);
		this.queue.end();
		assertThat(this.queue.isWorthAnotherClaim()).isTrue();
		assertThat(this.queue.claiming(false)).isEqualTo(LeaseStore.Queue.ENTER);
		assertThat(this.queue.isWorthAnotherClaim()).isFalse();
	}

}
