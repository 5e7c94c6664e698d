package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import dev.weir.annotation.RateLimited;
import dev.weir.core.OnUnavailable;
import dev.weir.policy.expression.Digests;
import dev.weir.policy.expression.Invocation;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import dev.weir.ratelimit.RateLimitSpec;
import dev.weir.ratelimit.UserKeyResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link RateLimitPolicies}.
 */
class RateLimitPoliciesTests {

	private static final Duration MINUTE = Duration.ofMinutes(1);

	private final Map<String, RateLimitSettings> settings = new HashMap<>();

	private UserKeyResolver users = () -> "alice";

	@Test
	void keysOfDifferentPoliciesAreNeverEqual() {
		RateLimitPolicies policies = policies();
		assertThat(policies.charge(spec("login", "all")).key()).isEqualTo("weir:login%:all");
		assertThat(policies.charge(spec("login:all", null)).key()).isEqualTo("weir:login:all");
		assertThat(policies.charge(spec("login", "a%:b")).key()).isEqualTo("weir:login%:a%25:b");
		assertThat(policies.charge(spec("login", "b").user("a")).key()).isEqualTo("weir:login%@a%:b");
		assertThat(policies.charge(spec("login", "@a")).key()).isEqualTo("weir:login%:@a");
		assertThat(charge(policies, "keyed", "all").key()).isEqualTo("weir:keyed%@alice%:all");
	}

	@Test
	void failsACallPerUserWithoutAUser() {
		this.users = () -> " ";
		assertThatIllegalStateException().isThrownBy(() -> charge(policies(), "keyed", "all"))
			.withMessageContaining("The rate limit 'keyed' is per user, but this thread works for no user");
	}

	@Test
	void propertiesHavePrecedenceOverTheAnnotation() {
		this.settings.put("keyed", settings(new Rate(7, null), null, null));
		assertThat(charge(policies(), "keyed", "x").limit()).isEqualTo(new RateLimit(7, Duration.ofSeconds(10), 7));
		this.settings.put("keyed", settings(null, Duration.ofSeconds(3), 9L));
		assertThat(charge(policies(), "keyed", "x").limit()).isEqualTo(new RateLimit(2, Duration.ofSeconds(3), 9));
		this.settings.put("keyed", settings(new Rate(5, RateWindow.of(Duration.ofHours(1))), null, null));
		assertThat(charge(policies(), "keyed", "x").limit()).isEqualTo(new RateLimit(5, Duration.ofHours(1), 5));
	}

	@Test
	void aLimitOfAnExpressionUsesTheBurstAndWindowOfProperties() {
		assertThat(charge(policies(), "varying", "30").limit()).isEqualTo(RateLimit.of(30, MINUTE));
		this.settings.put("varying", settings(null, Duration.ofSeconds(3), 9L));
		assertThat(charge(policies(), "varying", "30").limit()).isEqualTo(new RateLimit(30, Duration.ofSeconds(3), 9));
		assertThat(charge(policies(), "varying", "30/1h").limit()).isEqualTo(new RateLimit(30, Duration.ofHours(1), 9));
		this.settings.put("varying", settings(new Rate(4, null), null, null));
		assertThat(charge(policies(), "varying", "30").limit()).isEqualTo(RateLimit.of(4, MINUTE));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			noLimit            | limit: the limit is missing
			blankLimit         | the limit is missing
			blankCost          | no call can ever pass
			negativeLimit      | a rate limit must be at least 1
			negativeLimitVarying | there is a limit of -1 as well
			noCostVarying      | there is a cost of 0 as well
			twoLimits          | there is a limit of 3 as well
			twoCosts           | there is a cost of 3 as well
			zeroWindow         | the window must be between 1ms and 365d
			zeroWindowVarying  | the window must be between 1ms and 365d
			noWindow           | 'soon' is not a duration
			noZone             | this is not a time zone
			zoneOfNothing      | the window is not a day, week or month
			quotaWithBurst     | a limit per month has no burst
			negativeBurst      | the burst is negative
			tooExpensive       | no call can ever pass, because the bucket holds only 3
			freeOfCharge       | a call must cost at least 1
			wrongName          | the name cannot be part of an HTTP header and of a key
			escapedName        | the name cannot be part of an HTTP header and of a key
			wrongKey           | #txet
			wrongFallback      | nowhere
			sameNameTwice      | the method has another rate limit of this name
			""")
	void findsMistakes(String method, String problem) {
		assertThatExceptionOfType(InvalidPolicyException.class).isThrownBy(() -> policies().of(method(method)))
			.satisfies((ex) -> assertThat(ex.getMistakes()).singleElement().satisfies((mistake) -> {
				assertThat(mistake.location()).contains("Limited." + method);
				assertThat(mistake.toString()).contains(problem);
				assertThat(mistake.cure()).isNotBlank();
			}));
	}

	@Test
	void aPeriodOfTheCalendarIsAQuota() {
		RateLimit perMonth = RateLimit.of(1000, new Quota(Quota.Period.MONTH, ZoneId.of("Europe/Berlin")));
		assertThat(charge(policies(), "quota", "x").limit()).isEqualTo(perMonth);
		assertThat(policies().charge(RateLimitSpec.of("code").limit(perMonth)).limit()).isEqualTo(perMonth);
		assertThat(charge(policies(), "planned", "500/day").limit())
			.isEqualTo(RateLimit.of(500, new Quota(Quota.Period.DAY, ZoneOffset.UTC)));
		this.settings.put("quota", settings(Rate.valueOf("7/WEEK"), null, null));
		assertThat(charge(policies(), "quota", "x").limit())
			.isEqualTo(RateLimit.of(7, new Quota(Quota.Period.WEEK, ZoneId.of("Europe/Berlin"))));
		this.settings.put("quota", settings(Rate.valueOf("7/1d"), null, null));
		assertThat(charge(policies(), "quota", "x").limit()).isEqualTo(RateLimit.of(7, Duration.ofDays(1)));
	}

	@Test
	void findsAllMistakesOfAMethodAtOnce() {
		assertThatExceptionOfType(InvalidPolicyException.class)
			.isThrownBy(() -> policies().of(method("everythingWrong")))
			.satisfies((ex) -> assertThat(ex.getMistakes()).hasSizeGreaterThanOrEqualTo(3));
	}

	@Test
	void aLimitPerUserNeedsABeanThatDeterminesTheUser() {
		this.users = null;
		assertThatExceptionOfType(InvalidPolicyException.class).isThrownBy(() -> policies().of(method("keyed")))
			.withMessageContaining("no bean determines the user");
	}

	@Test
	void anInvalidChangeLeavesThePreviousValuesInForce() {
		RateLimitPolicies policies = policies();
		assertThat(charge(policies, "tuned", "").limit().limit()).isEqualTo(5);
		assertThatExceptionOfType(InvalidPolicyException.class)
			.isThrownBy(() -> policies.prepare(Map.of("tuned", settings(new Rate(2, null), null, null))))
			.withMessageContaining("no call can ever pass");
		assertThat(charge(policies, "tuned", "").limit().limit()).isEqualTo(5);
		Runnable change = policies.prepare(Map.of("tuned", settings(new Rate(8, null), null, null)));
		assertThat(charge(policies, "tuned", "").limit().limit()).isEqualTo(5);
		change.run();
		assertThat(charge(policies, "tuned", "").limit().limit()).isEqualTo(8);
	}

	@Test
	void codeNeedsALimitInTheRequestOrInAProperty() {
		assertThatIllegalArgumentException().isThrownBy(() -> policies().charge(RateLimitSpec.of("unknown")))
			.withMessageContaining("weir.rate-limit.policies.unknown.limit");
		this.settings.put("unknown", settings(new Rate(3, null), null, 4L));
		assertThat(policies().charge(RateLimitSpec.of("unknown")).limit()).isEqualTo(new RateLimit(3, MINUTE, 4));
	}

	@ParameterizedTest
	@ValueSource(strings = { "0s", "-1s", "366d" })
	void settingsRejectAnInvalidWindow(String window) {
		Duration duration = Rate.valueOf("1/" + (window.startsWith("-") ? "1s" : window)).window().duration();
		Duration effective = window.startsWith("-") ? duration.negated() : duration;
		assertThatIllegalArgumentException().isThrownBy(() -> settings(null, effective, null))
			.withMessageContaining("the window must be between 1ms and 365d");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> settings(new Rate(1, RateWindow.of(effective)), null, null))
			.withMessageContaining("the window must be between 1ms and 365d");
	}

	@ParameterizedTest
	@CsvSource({ "60, 60, ", "60/1m, 60, 60", "60/m, 60, 60", "5/10s, 5, 10", "5 / PT2S, 5, 2", "1/d, 1, 86400" })
	void parsesRates(String text, long limit, Long seconds) {
		Rate rate = Rate.valueOf(text);
		assertThat(rate.limit()).isEqualTo(limit);
		assertThat(rate.window()).isEqualTo((seconds != null) ? RateWindow.of(Duration.ofSeconds(seconds)) : null);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "many", "-1", "1.5", "60/", "60/soon", "60/1m/2", "9999999999999999999" })
	void rejectsInvalidRates(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> Rate.valueOf(text))
			.withMessageContaining("is not a limit");
	}

	@Test
	void aLimitOfZeroDeniesAndLeavesTheBucketOfOtherCallsAlone() {
		Charge denied = charge(policies(), "varying", "0/1h");
		assertThat(denied.cost()).isGreaterThan(denied.limit().burst());
		assertThat(denied.limit().window()).isEqualTo(Duration.ofHours(1));
		assertThat(denied.key()).isNotEqualTo(charge(policies(), "varying", "7").key());
	}

	@Test
	void anExpressionWithoutAValueIsAMistakeOutsideOfWebRequests() {
		assertThatIllegalStateException().isThrownBy(() -> charge(policies(), "varying", null))
			.withMessageContaining("is not a valid limit");
		assertThatIllegalStateException().isThrownBy(() -> charge(policies(), "keyed", null))
			.withMessageContaining("is null");
	}

	@Test
	void aKeyOfTheHashHidesUsersFromReadersOfRedis() {
		String hashed = perUser(UserHash.sha256());
		assertThat(hashed).isEqualTo("weir:chat%@" + Digests.sha256("alice").substring(0, 32));
		assertThat(perUser(UserHash.hmac("a key of the tests"))).startsWith("weir:chat%@")
			.hasSameSizeAs(hashed)
			.isEqualTo(perUser(UserHash.hmac("a key of the tests")))
			.isNotIn(hashed, perUser(UserHash.hmac("another key of them")));
	}

	@Test
	void bucketsThatClientsCanInventAreAnonymous() {
		RateLimitSpec spec = RateLimitSpec.of("chat").limit(RateLimit.of(1, MINUTE));
		RateLimitPolicies policies = policies();
		assertThat(policies.charge(spec).anonymous()).isFalse();
		assertThat(policies.charge(spec.user("user:alice")).anonymous()).isFalse();
		assertThat(policies.charge(spec.key("invented")).anonymous()).isTrue();
		RateLimitSettings rule = new RateLimitSettings(true, Rate.valueOf("1/1m"), null, null, null, null, null, null,
				null);
		RateLimitPolicies requests = new RateLimitPolicies("weir:",
				new RateLimitSettings(true, null, RateWindow.of(MINUTE), null, null, OnUnavailable.LOCAL, null, null,
						null),
				Map.of(), UserHash.sha256(), new Callers(() -> () -> "user:alice", () -> "ip:192.0.2.7"),
				(text) -> text, null);
		assertThat(requests.charge("api", null, true, rule).anonymous()).isFalse();
		assertThat(requests.charge("api", "header", false, rule).anonymous()).isTrue();
		RateLimitPolicies withoutUser = new RateLimitPolicies("weir:",
				new RateLimitSettings(true, null, RateWindow.of(MINUTE), null, null, OnUnavailable.LOCAL, null, null,
						null),
				Map.of(), UserHash.sha256(), new Callers(() -> () -> "ip:192.0.2.7", () -> "ip:192.0.2.7"),
				(text) -> text, null);
		assertThat(withoutUser.charge("api", null, true, rule).anonymous()).isTrue();
	}

	private static String perUser(UserHash users) {
		return new RateLimitPolicies("weir:",
				new RateLimitSettings(true, null, RateWindow.of(MINUTE), null, null, OnUnavailable.LOCAL, null, null,
						null),
				Map.of(), users, new Callers(() -> null), (text) -> text, null)
			.charge(RateLimitSpec.of("chat").limit(RateLimit.of(1, MINUTE)).user("alice"))
			.key();
	}

	private RateLimitPolicies policies() {
		return new RateLimitPolicies("weir:",
				new RateLimitSettings(true, null, RateWindow.of(MINUTE), null, null, OnUnavailable.LOCAL, null, null,
						null),
				this.settings, UserHash.none(), new Callers(() -> this.users), (text) -> text.replace("${none}", ""),
				null);
	}

	private static RateLimitSpec spec(String name, String key) {
		RateLimitSpec spec = RateLimitSpec.of(name).limit(RateLimit.of(1, MINUTE));
		return (key != null) ? spec.key(key) : spec;
	}

	private static RateLimitSettings settings(Rate limit, Duration window, Long burst) {
		return new RateLimitSettings(null, limit, (window != null) ? RateWindow.of(window) : null, burst, null, null,
				null, null, null);
	}

	private static Charge charge(RateLimitPolicies policies, String method, String argument) {
		Method found = method(method);
		List<Charge> charges = policies.charges(policies.of(found),
				new Invocation(found, new Limited(), Limited.class, new Object[] { argument }));
		assertThat(charges).hasSize(1);
		return charges.get(0);
	}

	private static Method method(String name) {
		return Arrays.stream(Limited.class.getDeclaredMethods())
			.filter((method) -> method.getName().equals(name))
			.findFirst()
			.orElseThrow();
	}

	static class Limited {

		@RateLimited(name = "keyed", limit = 2, window = "10s", perUser = true, key = "#text")
		void keyed(String text) {
		}

		@RateLimited(name = "varying", limitExpression = "#text")
		void varying(String text) {
		}

		@RateLimited(name = "tuned", limit = 5, cost = 3)
		void tuned(String text) {
		}

		@RateLimited
		void noLimit(String text) {
		}

		@RateLimited(name = "quota", limit = 1000, window = "month", zone = "Europe/Berlin")
		void quota(String text) {
		}

		@RateLimited(name = "planned", limitExpression = "#text")
		void planned(String text) {
		}

		@RateLimited(limit = 10, window = "day", zone = "Europe/Atlantis")
		void noZone(String text) {
		}

		@RateLimited(limit = 10, window = "24h", zone = "Europe/Berlin")
		void zoneOfNothing(String text) {
		}

		@RateLimited(limit = 10, window = "month", burst = 20)
		void quotaWithBurst(String text) {
		}

		@RateLimited(limitExpression = "${none}")
		void blankLimit(String text) {
		}

		@RateLimited(limit = 10, cost = 20, costExpression = "${none}")
		void blankCost(String text) {
		}

		@RateLimited(limit = -1, cost = 5)
		void negativeLimit(String text) {
		}

		@RateLimited(limit = -1, limitExpression = "#text")
		void negativeLimitVarying(String text) {
		}

		@RateLimited(limit = 3, cost = 0, costExpression = "#text")
		void noCostVarying(String text) {
		}

		@RateLimited(limit = 3, limitExpression = "#text")
		void twoLimits(String text) {
		}

		@RateLimited(limit = 3, cost = 3, costExpression = "#text")
		void twoCosts(String text) {
		}

		@RateLimited(limit = 3, window = "0s")
		void zeroWindow(String text) {
		}

		@RateLimited(limitExpression = "#text", window = "0s")
		void zeroWindowVarying(String text) {
		}

		@RateLimited(limit = 3, window = "soon")
		void noWindow(String text) {
		}

		@RateLimited(limit = 3, burst = -1)
		void negativeBurst(String text) {
		}

		@RateLimited(limit = 3, cost = 4)
		void tooExpensive(String text) {
		}

		@RateLimited(limit = 3, cost = 0)
		void freeOfCharge(String text) {
		}

		@RateLimited(name = "two words", limit = 3)
		void wrongName(String text) {
		}

		@RateLimited(name = "a%:b", limit = 3)
		void escapedName(String text) {
		}

		@RateLimited(limit = 3, key = "#txet")
		void wrongKey(String text) {
		}

		@RateLimited(limit = 3, fallback = "nowhere")
		void wrongFallback(String text) {
		}

		@RateLimited(name = "same", limit = 3)
		@RateLimited(name = "same", limit = 4)
		void sameNameTwice(String text) {
		}

		@RateLimited(limit = 3, window = "soon", key = "#txet", cost = 0)
		void everythingWrong(String text) {
		}

	}

}
