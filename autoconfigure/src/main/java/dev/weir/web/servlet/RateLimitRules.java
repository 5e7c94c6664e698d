package dev.weir.web.servlet;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import dev.weir.policy.RateLimitPolicies;
import dev.weir.ratelimit.Charge;
import dev.weir.web.RateLimitRule;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import org.springframework.web.util.pattern.PatternParseException;

/**
 * The rate limits for requests by their path. Thread-safe.
 */
public final class RateLimitRules {

	private final List<Parsed> rules;

	private final RateLimitPolicies policies;

	/**
	 * Creates the limits.
	 * @param rules the rules from the properties
	 * @param policies the policies, which create the keys
	 * @throws IllegalArgumentException if a rule is invalid
	 */
	public RateLimitRules(List<RateLimitRule> rules, RateLimitPolicies policies) {
		Set<String> names = new HashSet<>();
		rules.forEach((rule) -> {
			if (!names.add(rule.name())) {
				throw new IllegalArgumentException(
						"weir.rate-limit.rules: two rules have the name '" + rule.name() + "': rename one of them");
			}
		});
		this.rules = rules.stream().map(Parsed::of).toList();
		this.policies = policies;
		// Reject an invalid name now, not at the first request.
		rules.forEach((rule) -> policies.charge(rule.name(), null, false, rule));
	}

	boolean isEmpty() {
		return this.rules.isEmpty();
	}

	/**
	 * Returns the charges of a request.
	 * @param request the request
	 * @return the charges, empty if no rule applies to the request
	 */
	List<Charge> charges(HttpServletRequest request) {
		if (isEmpty()) {
			return List.of();
		}
		PathContainer path = LimitedHandlers.path(request);
		List<Charge> charges = new ArrayList<>();
		for (Parsed parsed : this.rules) {
			RateLimitRule rule = parsed.rule;
			if (parsed.concerns(request, path) && this.policies.isEnabled(rule.name())) {
				charges.add(this.policies.charge(rule.name(), parsed.key(request, this.policies),
						rule.by() == RateLimitRule.By.USER, rule));
			}
		}
		return charges;
	}

	/**
	 * A rule with its parsed pattern and expression.
	 *
	 * @param rule the rule
	 * @param pattern the pattern of the rule
	 * @param expression the expression of the rule
	 */
	private record Parsed(RateLimitRule rule, PathPattern pattern, @Nullable Expression expression) {

		private static Parsed of(RateLimitRule rule) {
			try {
				PathPattern pattern = PathPatternParser.defaultInstance.parse(rule.path());
				Expression expression = (rule.expression() != null)
						? new SpelExpressionParser().parseExpression(rule.expression()) : null;
				return new Parsed(rule, pattern, expression);
			}
			catch (PatternParseException ex) {
				throw new IllegalArgumentException("weir.rate-limit.rules: the path '" + rule.path() + "' of the rule '"
						+ rule.name() + "' is not a valid pattern: " + ex.getMessage(), ex);
			}
			catch (ParseException ex) {
				throw new IllegalArgumentException("weir.rate-limit.rules: the expression of the rule '" + rule.name()
						+ "' is not a valid SpEL expression: " + ex.getMessage(), ex);
			}
		}

		private boolean concerns(HttpServletRequest request, PathContainer path) {
			return (this.rule.methods().isEmpty() || concerns(request.getMethod())) && this.pattern.matches(path);
		}

		private boolean concerns(String method) {
			// A handler for GET answers HEAD as well.
			return this.rule.methods().contains(method) || method.equals("HEAD") && this.rule.methods().contains("GET");
		}

		private @Nullable String key(HttpServletRequest request, RateLimitPolicies policies) {
			return switch (this.rule.by()) {
				case ALL, USER -> null;
				case ADDRESS -> RequestUserKeys.address(request);
				case HEADER -> header(request);
				case EXPRESSION -> evaluate(request, policies);
			};
		}

		private String header(HttpServletRequest request) {
			String value = (this.rule.header() != null) ? request.getHeader(this.rule.header()) : null;
			return (value != null && !value.isBlank()) ? "header:" + value : RequestUserKeys.address(request);
		}

		private String evaluate(HttpServletRequest request, RateLimitPolicies policies) {
			StandardEvaluationContext context = new StandardEvaluationContext(request);
			context.setVariable("request", request);
			if (this.rule.expression() != null && this.rule.expression().contains("#user")) {
				context.setVariable("user", policies.user());
			}
			Object value = (this.expression != null) ? this.expression.getValue(context) : null;
			if (value == null || value.toString().isBlank()) {
				throw new IllegalStateException("The expression of the rule '" + this.rule.name()
						+ "' in 'weir.rate-limit.rules' has no value for this request");
			}
			return "value:" + value;
		}

	}

}
