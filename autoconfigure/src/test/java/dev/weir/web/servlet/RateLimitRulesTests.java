package dev.weir.web.servlet;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.weir.core.OnUnavailable;
import dev.weir.policy.Rate;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitSettings;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.RateLimit;
import dev.weir.web.RateLimitRule;
import dev.weir.web.RateLimitRule.By;
import org.junit.jupiter.api.Test;

import org.springframework.mock.web.MockHttpServletRequest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link RateLimitRules}.
 */
class RateLimitRulesTests {

	private static final RateLimitRule PAGES = rule("pages", Set.of("get"), By.ALL, null);

	private String user = "alice";

	@Test
	void aRuleForGetAppliesToHeadAsWell() {
		RateLimitRules rules = rules(Map.of(), true, PAGES);
		assertThat(rules.charges(request("GET"))).hasSize(1);
		assertThat(rules.charges(request("HEAD"))).isEqualTo(rules.charges(request("GET")));
		assertThat(rules.charges(request("POST"))).isEmpty();
	}

	@Test
	void aRuleForPostDoesNotApplyToHead() {
		RateLimitRules rules = rules(Map.of(), true, rule("posts", Set.of("post"), By.ALL, null));
		assertThat(rules.charges(request("HEAD"))).isEmpty();
	}

	@Test
	void anExpressionCanUseTheUserOfTheResolver() {
		RateLimitRules rules = rules(Map.of(), true, rule("own", Set.of(), By.EXPRESSION, "#user + '/' + method"));
		assertThat(key(rules)).isEqualTo("weir:own%:value:alice/GET");
		this.user = "bob";
		assertThat(key(rules)).isEqualTo("weir:own%:value:bob/GET");
	}

	@Test
	void rejectsAnExpressionWithoutAValue() {
		RateLimitRules rules = rules(Map.of(), true, rule("own", Set.of(), By.EXPRESSION, "getParameter('tenant')"));
		assertThatIllegalStateException().isThrownBy(() -> key(rules))
			.withMessageContaining("The expression of the rule 'own'");
	}

	@Test
	void aRuleIsSwitchedOffByItsPolicyOrByTheDefaults() {
		assertThat(rules(Map.of("pages", settings(false, null)), true, PAGES).charges(request("GET"))).isEmpty();
		assertThat(rules(Map.of(), false, PAGES).charges(request("GET"))).isEmpty();
		assertThat(rules(Map.of("pages", settings(true, null)), false, PAGES).charges(request("GET"))).hasSize(1);
	}

	@Test
	void propertiesOfThePolicyTakePrecedence() {
		Charge charge = rules(Map.of("pages", settings(null, new Rate(7, Duration.ofSeconds(1)))), true, PAGES)
			.charges(request("GET"))
			.get(0);
		assertThat(charge.limit()).isEqualTo(RateLimit.of(7, Duration.ofSeconds(1)));
	}

	@Test
	void rejectsTwoRulesWithTheSameName() {
		assertThatIllegalArgumentException().isThrownBy(() -> rules(Map.of(), true, PAGES, PAGES))
			.withMessageContaining("two rules have the name 'pages'");
	}

	@Test
	void rejectsANameThatCouldBePartOfAnotherKey() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> rules(Map.of(), true, rule("a%:b", Set.of(), By.ALL, null)))
			.withMessageContaining("'a%:b' cannot be the name of a rate limit");
	}

	private static String key(RateLimitRules rules) {
		List<Charge> charges = rules.charges(request("GET"));
		assertThat(charges).hasSize(1);
		return charges.get(0).key();
	}

	private RateLimitRules rules(Map<String, RateLimitSettings> policies, boolean enabled, RateLimitRule... rules) {
		RateLimitSettings defaults = new RateLimitSettings(enabled, null, Duration.ofMinutes(1), null, null,
				OnUnavailable.LOCAL, null);
		return new RateLimitRules(List.of(rules),
				new RateLimitPolicies("weir:", defaults, policies, false, () -> () -> this.user, (text) -> text, null));
	}

	private static RateLimitRule rule(String name, Set<String> methods, By by, String expression) {
		return new RateLimitRule(name, "/pages/**", methods, new Rate(100, null), null, by, null, expression, null,
				false);
	}

	private static RateLimitSettings settings(Boolean enabled, Rate limit) {
		return new RateLimitSettings(enabled, limit, null, null, null, null, null);
	}

	private static MockHttpServletRequest request(String method) {
		return new MockHttpServletRequest(method, "/pages/1");
	}

}
