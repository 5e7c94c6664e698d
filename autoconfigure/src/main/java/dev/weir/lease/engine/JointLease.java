package dev.weir.lease.engine;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

import dev.weir.core.Stages;
import dev.weir.lease.Lease;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.LossReason;

/**
 * Several leases that are held together. The joint lease is lost as soon as one of them
 * is lost.
 *
 * @param members the leases, in the order of their keys
 */
record JointLease(List<HeldLease> members) implements OwnedLease {

	JointLease {
		members = List.copyOf(members);
	}

	@Override
	public String name() {
		return request().name();
	}

	@Override
	public String key() {
		return this.members.stream().map(Lease::key).collect(Collectors.joining(", "));
	}

	@Override
	public Duration remaining() {
		return this.members.stream().map(Lease::remaining).min(Comparator.naturalOrder()).orElseThrow();
	}

	@Override
	public boolean isValid() {
		return this.members.stream().allMatch(Lease::isValid);
	}

	@Override
	public long fencingToken() {
		throw new IllegalStateException("The lock '" + name()
				+ "' has several keys and no fencing token: each key has its own sequence " + "of tokens");
	}

	@Override
	public void onLost(Runnable callback) {
		AtomicBoolean ran = new AtomicBoolean();
		this.members.forEach((member) -> member.onLost(() -> {
			if (ran.compareAndSet(false, true)) {
				callback.run();
			}
		}));
	}

	@Override
	public LeaseRequest request() {
		return lostOrFirst().request();
	}

	@Override
	public boolean isLost() {
		return this.members.stream().anyMatch(HeldLease::isLost);
	}

	@Override
	public LossReason lossReason() {
		return lostOrFirst().lossReason();
	}

	private HeldLease lostOrFirst() {
		return this.members.stream().filter(HeldLease::isLost).findFirst().orElse(this.members.get(0));
	}

	@Override
	public boolean join() {
		for (int i = 0; i < this.members.size(); i++) {
			if (!this.members.get(i).join()) {
				this.members.subList(0, i).forEach(HeldLease::letGo);
				return false;
			}
		}
		return true;
	}

	@Override
	public void use() {
		this.members.forEach(HeldLease::use);
	}

	@Override
	public CompletionStage<LeaseStore.Release> letGo() {
		return together(this.members.stream().map(HeldLease::letGo).toList());
	}

	@Override
	public CompletionStage<LeaseStore.Release> closeAsync() {
		return together(this.members.stream().map(HeldLease::closeAsync).toList());
	}

	/**
	 * Waits for all answers. If one answer is that the lease is not held, the joint lease
	 * was lost, even if another answer did not arrive.
	 * @param answers the answers
	 * @return the combined answer
	 */
	private static CompletionStage<LeaseStore.Release> together(List<CompletionStage<LeaseStore.Release>> answers) {
		List<CompletableFuture<LeaseStore.Release>> all = answers.stream()
			.map(CompletionStage::toCompletableFuture)
			.toList();
		return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).handle((done, failure) -> {
			if (all.stream().anyMatch(JointLease::isNotHeld)) {
				return LeaseStore.Release.NOT_HELD;
			}
			if (failure != null) {
				throw new CompletionException(Stages.unwrap(failure));
			}
			return LeaseStore.Release.RELEASED;
		});
	}

	private static boolean isNotHeld(CompletableFuture<LeaseStore.Release> answer) {
		return !answer.isCompletedExceptionally() && answer.join() == LeaseStore.Release.NOT_HELD;
	}

}
