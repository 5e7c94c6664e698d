package dev.weir.policy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import dev.weir.actuate.PolicyChange;
import dev.weir.core.HostileText;
import dev.weir.core.OnUnavailable;
import dev.weir.core.Printable;
import dev.weir.core.Utf8;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LockSpec;
import dev.weir.policy.expression.KeyExpression;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitSpec;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Fuzzes the texts that become keys, and the durations, limits and changes that operators
 * send.
 */
class TextFuzzTests {

	@Provide
	Arbitrary<String> values() {
		return HostileText.of("a", "?", "alice", "%sha256:", "%D800", "user:", "x".repeat(199));
	}

	@Property
	void aKeyIsValidUnicodeAndBoundedAndDiffersFromOtherKeys(@ForAll("values") String value,
			@ForAll("values") String other) {
		String key = KeyExpression.safe(value);
		assertThat(key.length()).isLessThanOrEqualTo(6 * 200);
		assertThat(key).doesNotContain("{", "}");
		assertThat(key.chars().noneMatch(Character::isISOControl)).isTrue();
		assertThat(new String(key.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8)).isEqualTo(key);
		assertThat(key.equals(KeyExpression.safe(other))).isEqualTo(value.equals(other));
		assertThat(Arrays.equals(Utf8.bytes(value), Utf8.bytes(other))).isEqualTo(value.equals(other));
	}

	@Property
	void aPrintableTextHasOneLineAndNoControlCharacter(@ForAll("values") String text) {
		String printable = Printable.of(text);
		assertThat(Printable.isPrintable(printable)).isTrue();
		assertThat(printable.lines().count()).isLessThanOrEqualTo(1);
		assertThat(printable.length()).isLessThan(50_000);
	}

	@Property
	void keysOfCodeAreRejectedOrSafe(@ForAll("values") String name, @ForAll("values") String key) {
		LeasePolicies locks = new LeasePolicies(LeaseKind.LOCK, "weir:",
				new LockSettings(true, null, null, Duration.ZERO, OnUnavailable.FAIL, null, null, null), Map.of(),
				new LeaseNames(), new WaitRooms(), (text) -> text, null);
		RateLimitPolicies limits = new RateLimitPolicies(
				"weir:", new RateLimitSettings(true, null, RateWindow.of(Duration.ofMinutes(1)), null, null,
						OnUnavailable.LOCAL, null, null, null),
				Map.of(), UserHash.none(), new Callers(() -> null), (text) -> text, null);
		rejectedOr(() -> assertSafe(locks.guard(LockSpec.of(name, key)).requests().get(0).key().value()));
		rejectedOr(() -> assertSafe(
				limits.charge(RateLimitSpec.of(name).limit(RateLimit.of(1, Duration.ofMinutes(1))).user(key).key(key))
					.key()));
	}

	private static void assertSafe(String key) {
		assertThat(Utf8.hasUnpairedSurrogate(key)).isFalse();
		assertThat(key.chars().noneMatch(Character::isISOControl)).isTrue();
		assertThat(key).startsWith("weir:");
	}

	@Provide
	Arbitrary<String> limits() {
		return HostileText.of("1", "60", "/", "/1m", "m", "10s", "P", "T", "PT1M", "-", "0", "1e9", "h", "D", ".");
	}

	@Property
	void aLimitIsRejectedOrPositive(@ForAll("limits") String text) {
		rejectedOr(() -> assertThat(Rate.valueOf(text).limit()).isNotNegative());
	}

	@Property
	void aChangeIsRejectedOrPrintable(@ForAll("changeKinds") String kind, @ForAll("values") String name,
			@ForAll("attributes") String attribute, @ForAll("limits") String value) {
		rejectedOr(() -> {
			PolicyChange change = new PolicyChange(PolicyKind.of(kind), name, Map.of(attribute, value));
			assertThat(Printable.isPrintable(change.toString())).isTrue();
			change.onlyTightens(new PolicyDescription(change.kind(), name, List.of(), Map.of()));
		});
	}

	@Provide
	Arbitrary<String> changeKinds() {
		return Arbitraries.oneOf(Arbitraries.of("lock", "semaphore", "rate-limit"), HostileText.of("lock", "rate"));
	}

	@Provide
	Arbitrary<String> attributes() {
		return Arbitraries.oneOf(Arbitraries.of("limit", "enabled", "burst", "timeout", "wait-time", "shadow"),
				HostileText.of("limit", "-"));
	}

	private static void rejectedOr(Runnable use) {
		try {
			use.run();
		}
		catch (IllegalArgumentException ex) {
			assertThat(ex.getMessage()).isNotBlank();
		}
	}

}
