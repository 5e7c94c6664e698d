package dev.weir.web.servlet;

import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.weir.core.OnUnavailable;
import dev.weir.policy.Callers;
import dev.weir.policy.Rate;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.RateWindow;
import dev.weir.policy.UserHash;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Quota;
import dev.weir.ratelimit.RateLimit;
import dev.weir.web.RateLimitRule;
import dev.weir.web.RateLimitRule.By;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.server.PathContainer;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.web.util.pattern.PathPatternParser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RateLimitRules}.
 */
class RateLimitRulesTests {

	private static final RateLimitRule PAGES = rule("pages", Set.of("get"), By.ALL, null);

	private String user = "alice";

	@Test
	void aRuleForGetAppliesToHeadAsWell() {
		RateLimitRules rules = rules(Map.of(), true, PAGES);
		assertThat(charges(rules, request("GET"))).hasSize(1);
		assertThat(charges(rules, request("HEAD"))).isEqualTo(charges(rules, request("GET")));
		assertThat(charges(rules, request("POST"))).isEmpty();
	}

	@Test
	void aRuleForPostDoesNotApplyToHead() {
		RateLimitRules rules = rules(Map.of(), true, rule("posts", Set.of("post"), By.ALL, null));
		assertThat(charges(rules, request("HEAD"))).isEmpty();
	}

	@Test
	void anExpressionCanUseTheUserOfTheResolver() {
		RateLimitRules rules = rules(Map.of(), true, rule("own", Set.of(), By.EXPRESSION, "#user + '/' + method"));
		assertThat(key(rules)).isEqualTo("weir:own%:value:alice/GET");
		this.user = "bob";
		assertThat(key(rules)).isEqualTo("weir:own%:value:bob/GET");
	}

	@ParameterizedTest
	@ValueSource(strings = { "getParameter('tenant')", "getHeader('X-Tenant').trim()", "' '" })
	void aRequestForWhichTheExpressionHasNoValueCountsForItsAddress(String expression) {
		RateLimitRules rules = rules(Map.of(), true, rule("own", Set.of(), By.EXPRESSION, expression));
		assertThat(key(rules)).isEqualTo("weir:own%:ip:127.0.0.1");
	}

	@Test
	void aRuleIsSwitchedOffByItsPolicyOrByTheDefaults() {
		assertThat(charges(rules(Map.of("pages", settings(false, null)), true, PAGES), request("GET"))).isEmpty();
		assertThat(charges(rules(Map.of(), false, PAGES), request("GET"))).isEmpty();
		assertThat(charges(rules(Map.of("pages", settings(true, null)), false, PAGES), request("GET"))).hasSize(1);
	}

	@Test
	void propertiesOfThePolicyTakePrecedence() {
		RateLimitRules rules = rules(Map.of("pages", settings(null, new Rate(7, RateWindow.of(Duration.ofSeconds(1))))),
				true, PAGES);
		Charge charge = charges(rules, request("GET")).get(0);
		assertThat(charge.limit()).isEqualTo(RateLimit.of(7, Duration.ofSeconds(1)));
	}

	@Test
	void aRuleCanHaveAQuota() {
		RateLimitRules rules = rules(Map.of("pages", settings(null, Rate.valueOf("1000000/month"))), true, PAGES);
		assertThat(charges(rules, request("GET")).get(0).limit())
			.isEqualTo(RateLimit.of(1_000_000, new Quota(Quota.Period.MONTH, ZoneOffset.UTC)));
	}

	@Test
	void rejectsABurstBesideAQuota() {
		Rate perMonth = Rate.valueOf("1000000/month");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new RateLimitRule("pages", "/**", Set.of(), perMonth, 5L, By.ALL, null, null, null, null))
			.withMessage("the rule 'pages': a limit per month has no burst, because all of its tokens are there at the "
					+ "begin: remove the burst");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new RateLimitSettings(null, perMonth, null, 5L, null, null, null, null, null))
			.withMessageContaining("remove the burst");
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

	@Test
	void aRuleByHeaderNeedsAnotherRuleBesideIt() {
		RateLimitRule byHeader = rule("tokens", "/api/{id}", Set.of("post"), By.HEADER, "X-Token");
		assertThat(rules(Map.of(), true, byHeader).withoutBound()).containsExactly("tokens");
		assertThat(rules(Map.of(), true, byHeader, PAGES).withoutBound()).containsExactly("tokens");
		assertThat(
				rules(Map.of(), true, byHeader, rule("get", "/api/**", Set.of("get"), By.ADDRESS, null)).withoutBound())
			.containsExactly("tokens");
		assertThat(rules(Map.of(), true, byHeader, rule("user", "/api/**", Set.of(), By.USER, null)).withoutBound())
			.containsExactly("tokens");
		assertThat(
				rules(Map.of(), true, byHeader, rule("same", "/api/{id}", Set.of("post"), By.ALL, null)).withoutBound())
			.isEmpty();
		assertThat(rules(Map.of(), true, byHeader, rule("wide", "/**", Set.of(), By.ADDRESS, null)).withoutBound())
			.isEmpty();
	}

	@Test
	void aRuleIsChargedBeforeSecurityUnlessItMayNeedTheUser() {
		RateLimitRules rules = rules(Map.of(), true, PAGES, rule("address", Set.of(), By.ADDRESS, null),
				rule("user", Set.of(), By.USER, null), rule("expression", Set.of(), By.EXPRESSION, "method"));
		assertThat(names(rules.of(false, PathPatternParser.defaultInstance))).containsExactly("pages", "address");
		assertThat(names(rules.of(true, PathPatternParser.defaultInstance))).containsExactly("user", "expression");
	}

	@Test
	void aRuleMatchesAsTheParserOfTheApplicationDoes() {
		PathPatternParser parser = new PathPatternParser();
		parser.setCaseSensitive(false);
		RateLimitRules rules = rules(Map.of(), true, PAGES);
		List<PathContainer> path = List.of(PathContainer.parsePath("/Pages/1"));
		assertThat(rules.charges(request("GET"), path)).isEmpty();
		assertThat(rules.of(false, parser).charges(request("GET"), path)).hasSize(1);
	}

	private static List<String> names(RateLimitRules rules) {
		return charges(rules, request("GET")).stream().map(Charge::policy).toList();
	}

	private static List<Charge> charges(RateLimitRules rules, MockHttpServletRequest request) {
		return rules.charges(request, List.of(PathContainer.parsePath(request.getRequestURI())));
	}

	private static String key(RateLimitRules rules) {
		List<Charge> charges = charges(rules, request("GET"));
		assertThat(charges).hasSize(1);
		return charges.get(0).key();
	}

	private RateLimitRules rules(Map<String, RateLimitSettings> policies, boolean enabled, RateLimitRule... rules) {
		RateLimitSettings defaults = new RateLimitSettings(enabled, null, RateWindow.of(Duration.ofMinutes(1)), null,
				null, OnUnavailable.LOCAL, null, null, null);
		return new RateLimitRules(List.of(rules), new RateLimitPolicies("weir:", defaults, policies, UserHash.none(),
				new Callers(() -> () -> this.user), (text) -> text, null));
	}

	private static RateLimitRule rule(String name, Set<String> methods, By by, String expression) {
		return rule(name, "/pages/**", methods, by, expression);
	}

	private static RateLimitRule rule(String name, String path, Set<String> methods, By by, String value) {
		boolean header = by == By.HEADER;
		return new RateLimitRule(name, path, methods, new Rate(100, null), null, by, header ? value : null,
				header ? null : value, null, false);
	}

	private static RateLimitSettings settings(Boolean enabled, Rate limit) {
		return new RateLimitSettings(enabled, limit, null, null, null, null, null, null, null);
	}

	private static MockHttpServletRequest request(String method) {
		return new MockHttpServletRequest(method, "/pages/1");
	}

}
