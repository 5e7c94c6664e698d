package dev.weir.policy;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import dev.weir.lease.LeaseKind;
import dev.weir.lease.engine.WaitRoom;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link WaitRooms}.
 */
class WaitRoomsTests {

	private final AtomicBoolean request = new AtomicBoolean();

	private final WaitRooms rooms = new WaitRooms(2, this.request::get);

	@Test
	void requestsShareOneRoom() {
		this.request.set(true);
		WaitRoom one = this.rooms.of(LeaseKind.LOCK, "one", null);
		WaitRoom other = this.rooms.of(LeaseKind.SEMAPHORE, "other", null);
		assertThat(one.enter()).isTrue();
		assertThat(other.enter()).isTrue();
		assertThat(one.enter()).isFalse();
		other.leave();
		assertThat(this.rooms.of(LeaseKind.LOCK, "third", null).enter()).isTrue();
	}

	@Test
	void otherThreadsAreNotBounded() {
		WaitRoom room = this.rooms.of(LeaseKind.LOCK, "one", null);
		assertThat(IntStream.range(0, 1000).allMatch((i) -> room.enter())).isTrue();
	}

	@Test
	void aPolicyCanHaveItsOwnRoom() {
		WaitRoom room = this.rooms.of(LeaseKind.LOCK, "one", 1);
		assertThat(room.enter()).isTrue();
		assertThat(this.rooms.of(LeaseKind.LOCK, "one", 1).enter()).isFalse();
		// The number can change while callers wait.
		assertThat(this.rooms.of(LeaseKind.LOCK, "one", 2).enter()).isTrue();
		assertThat(this.rooms.of(LeaseKind.SEMAPHORE, "one", 1).enter()).isTrue();
		assertThat(this.rooms.of(LeaseKind.LOCK, "two", 1).enter()).isTrue();
		room.leave();
		assertThat(this.rooms.of(LeaseKind.LOCK, "one", 1).enter()).isFalse();
		room.leave();
		assertThat(this.rooms.of(LeaseKind.LOCK, "one", 1).enter()).isTrue();
		assertThat(this.rooms.of(LeaseKind.LOCK, "never", 0).enter()).isFalse();
	}

	@Test
	void callersOfAllThreadsAreCounted() {
		WaitRoom room = this.rooms.of(LeaseKind.LOCK, "one", 3);
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		IntStream.range(0, 10_000).parallel().forEach((i) -> {
			if (room.enter()) {
				most.accumulateAndGet(inside.incrementAndGet(), Math::max);
				inside.decrementAndGet();
				room.leave();
			}
		});
		assertThat(most).hasValueBetween(1, 3);
		assertThat(IntStream.range(0, 4).filter((i) -> room.enter()).count()).isEqualTo(3);
	}

}
