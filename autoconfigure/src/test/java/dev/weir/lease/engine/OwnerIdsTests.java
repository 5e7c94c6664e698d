package dev.weir.lease.engine;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

import dev.weir.lease.Holder;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OwnerIds}, and for the {@link Holder} that is parsed from an owner.
 */
class OwnerIdsTests {

	private final OwnerIds owners = new OwnerIds(new LeaseSettings(Duration.ofSeconds(30), "shop", "7@host"));

	@Test
	void anOwnerDescribesItsHolderAndTheTimeOfItsCreation() {
		Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
		Holder holder = Holder.parse(this.owners.next("Orders.place"));
		assertThat(holder).isNotNull();
		assertThat(holder).isEqualTo(new Holder("shop", "7@host", "Orders.place", holder.since()));
		assertThat(holder.since()).isBetween(before, Instant.now());
	}

	@Test
	void noTwoOwnersAreEqual() {
		OwnerIds others = new OwnerIds(new LeaseSettings(Duration.ofSeconds(30), "shop", "7@host"));
		String first = id(this.owners.next("Orders.place"));
		String second = id(this.owners.next("Orders.place"));
		assertThat(first).isNotEqualTo(second);
		assertThat(id(others.next("Orders.place"))).isNotIn(first, second);
	}

	@Test
	void namesMayContainTheSeparator() {
		OwnerIds odd = new OwnerIds(new LeaseSettings(Duration.ofSeconds(30), "a|b", "|"));
		assertThat(Holder.parse(odd.next("LockOperations 'c|d'"))).isNotNull()
			.extracting(Holder::application, Holder::instance, Holder::purpose)
			.containsExactly("a/b", "/", "LockOperations 'c/d'");
	}

	@Test
	void aTextThatWeirDidNotWriteIsNoHolder() {
		assertThat(Holder.parse("b6f2")).isNull();
		assertThat(Holder.parse("a|yesterday|b|c|d")).isNull();
		assertThat(Holder.parse("a|1|b|c|d|e")).isNull();
	}

	private static String id(String owner) {
		return owner.substring(0, owner.indexOf('|'));
	}

}
