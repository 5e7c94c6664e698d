package dev.weir.lease.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseProof;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.OnLost;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for schedules of leases on which other code depends through a proof, such as a
 * script that is on its way. No other holder may ever get the same place.
 */
@Timeout(60)
class LeaseProofTests {

	private static final LeaseStore.Acquired ACQUIRED = new LeaseStore.Acquired(0);

	private final ScriptedLeaseStore store = new ScriptedLeaseStore();

	private final ManualTimer timer = new ManualTimer();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final LeaseManager manager = manager(this.store);

	private final LeaseTemplate template = new LeaseTemplate(this.manager, EnclosingWork.NONE);

	@AfterEach
	void end() {
		this.manager.close();
		this.threads.shutdownNow();
	}

	@Test
	void aPinnedPlaceGoesBackToTheStoreIfTheLeaseIsClosedByHand() throws Exception {
		HeldLease lease = acquired();
		CompletableFuture<Lease> next = ask();
		try (LeaseProof proof = LeaseProof.of(lease)) {
			assertThat(proof.keep()).isTrue();
			lease.closeAsync();
			isGrantedOnlyAfterTheRelease(next, lease);
		}
	}

	@Test
	void aPinnedPlaceGoesBackToTheStoreAfterTheProofIsClosed() throws Exception {
		HeldLease lease = acquired();
		CompletableFuture<Lease> next = ask();
		LeaseProof proof = LeaseProof.of(lease);
		assertThat(proof.keep()).isTrue();
		// The answer did not arrive in time: the write may still be on its way.
		proof.close();
		lease.closeAsync();
		isGrantedOnlyAfterTheRelease(next, lease);
	}

	@Test
	void aLeaseThatIsClosedAtTheSameMomentIsEitherKeptOrHandedOn() throws Exception {
		for (int i = 0; i < 200; i++) {
			HeldLease lease = acquired();
			CompletableFuture<Lease> asked = ask();
			LeaseProof proof = LeaseProof.of(lease);
			CountDownLatch begin = new CountDownLatch(1);
			Future<?> closed = this.threads.submit(() -> {
				begin.await();
				return lease.closeAsync();
			});
			begin.countDown();
			boolean kept = proof.keep();
			closed.get(20, TimeUnit.SECONDS);
			if (kept) {
				isGrantedOnlyAfterTheRelease(asked, lease);
			}
			HeldLease next = (HeldLease) asked.get(20, TimeUnit.SECONDS);
			assertThat(next.place() == lease.place()).isNotEqualTo(kept);
			proof.close();
			next.closeAsync();
			this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		}
	}

	@Test
	void aLeaseThatWasHandedOnIsNotKept() throws Exception {
		HeldLease lease = acquired();
		CompletableFuture<Lease> next = ask();
		lease.closeAsync();
		assertThat(((HeldLease) next.get(20, TimeUnit.SECONDS)).place()).isSameAs(lease.place());
		assertThat(LeaseProof.of(lease).keep()).isFalse();
	}

	@Test
	void aLeaseThatHoldsWithinThisJvmOnlyHasNoProof() throws Exception {
		CompletableFuture<Lease> asked = this.template.acquireAsync(guard("key"));
		this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
		Lease lease = asked.get(20, TimeUnit.SECONDS);
		assertThatIllegalStateException().isThrownBy(() -> LeaseProof.of(lease))
			.withMessageContaining("'key'")
			.withMessageContaining("this JVM only");
	}

	@Test
	void aLeaseOfSeveralKeysHasNoProofIfOneKeyHoldsWithinThisJvmOnly() {
		this.threads.submit(() -> {
			this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
			this.store.<LeaseStore.Attempt>next("acquire").isNotSent();
			this.store.<LeaseStore.Release>next("release").answers(LeaseStore.Release.RELEASED);
		});
		this.template.call(guard("a"), () -> {
			assertThat(LeaseProof.of(Lease.current().orElseThrow()).places()).hasSize(1);
			return this.template.call(guard("a", "b"), () -> {
				Lease both = Lease.current().orElseThrow();
				return assertThatIllegalStateException().isThrownBy(() -> LeaseProof.of(both))
					.withMessageContaining("'b'");
			});
		});
	}

	private void isGrantedOnlyAfterTheRelease(CompletableFuture<Lease> next, HeldLease lease) throws Exception {
		ScriptedLeaseStore.Call<LeaseStore.Release> release = this.store.next("release");
		assertThat(release.owner()).isEqualTo(lease.place().owner());
		assertThat(next).isNotDone();
		release.answers(LeaseStore.Release.RELEASED);
		ScriptedLeaseStore.Call<LeaseStore.Attempt> acquire = this.store.next("acquire");
		assertThat(acquire.owner()).isNotEqualTo(lease.place().owner());
		acquire.answers(ACQUIRED);
		assertThat(next.get(20, TimeUnit.SECONDS).isValid()).isTrue();
	}

	private HeldLease acquired() throws Exception {
		CompletableFuture<Lease> asked = ask();
		this.store.<LeaseStore.Attempt>next("acquire").answers(ACQUIRED);
		return (HeldLease) asked.get(20, TimeUnit.SECONDS);
	}

	private CompletableFuture<Lease> ask() {
		return this.manager.acquireAsync(lock("key")).toCompletableFuture();
	}

	private LeaseManager manager(LeaseStore of) {
		return this.timer.manager(of, new LeaseSettings(Duration.ofSeconds(30), "shop", "1"), this.threads);
	}

	private static LeaseRequest lock(String key) {
		return new LeaseRequest("policy", new LeaseKey(LeaseKind.LOCK, key), 1, null, Duration.ofSeconds(10), false,
				"test");
	}

	private static LeaseGuard guard(String... keys) {
		return new LeaseGuard(List.of(keys).stream().map(LeaseProofTests::lock).toList(), OnUnavailable.LOCAL,
				OnLost.FAIL);
	}

}
