package dev.weir.web.servlet;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import dev.weir.core.Log;
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

	private static final Log logger = Log.of(RateLimitRules.class);

	private final List<Parsed> rules;

	private final RateLimitPolicies policies;

	/**
	 * Creates the limits.
	 * @param rules the rules from the properties
	 * @param policies the policies, which create the keys
	 * @throws IllegalArgumentException if a rule is invalid
	 */
	public RateLimitRules(List<RateLimitRule> rules, RateLimitPolicies policies) {
		this(policies, parsed(rules, PathPatternParser.defaultInstance));
		Set<String> names = new HashSet<>();
		rules.forEach((rule) -> {
			if (!names.add(rule.name())) {
				throw new IllegalArgumentException(
						"weir.rate-limit.rules: two rules have the name '" + rule.name() + "': rename one of them");
			}
			// Reject an invalid name now, not at the first request.
			policies.charge(rule.name(), null, false, rule);
		});
	}

	private RateLimitRules(RateLimitPolicies policies, List<Parsed> rules) {
		this.rules = rules;
		this.policies = policies;
	}

	private static List<Parsed> parsed(List<RateLimitRule> rules, PathPatternParser parser) {
		return rules.stream().map((rule) -> Parsed.of(rule, parser)).toList();
	}

	/**
	 * Returns the rules of one place in the filter chain.
	 * @param afterSecurity whether to return the rules that need the user, or the others
	 * @param parser the parser with which the application matches paths
	 * @return the rules
	 */
	RateLimitRules of(boolean afterSecurity, PathPatternParser parser) {
		List<RateLimitRule> here = this.rules.stream()
			.map(Parsed::rule)
			.filter((rule) -> rule.by().isAfterSecurity() == afterSecurity)
			.toList();
		return new RateLimitRules(this.policies, parsed(here, parser));
	}

	boolean isEmpty() {
		return this.rules.isEmpty();
	}

	/**
	 * Returns the charges of a request.
	 * @param request the request
	 * @param paths the paths under which the request may be served
	 * @return the charges, empty if no rule applies to the request
	 */
	List<Charge> charges(HttpServletRequest request, List<PathContainer> paths) {
		List<Charge> charges = new ArrayList<>();
		for (Parsed parsed : this.rules) {
			RateLimitRule rule = parsed.rule;
			if (parsed.concerns(request, paths) && this.policies.isEnabled(rule.name())) {
				charges.add(this.policies.charge(rule.name(), parsed.key(request, this.policies),
						rule.by() == RateLimitRule.By.USER, rule));
			}
		}
		return charges;
	}

	/**
	 * Returns the rules by a header beside which no rule bounds a client that invents
	 * values of the header.
	 * @return the names of the rules
	 */
	public List<String> withoutBound() {
		return this.rules.stream()
			.filter((parsed) -> parsed.rule.by() == RateLimitRule.By.HEADER
					&& this.rules.stream().noneMatch((other) -> other.bounds(parsed)))
			.map((parsed) -> parsed.rule.name())
			.toList();
	}

	/**
	 * A rule with its parsed pattern and expression.
	 *
	 * @param rule the rule
	 * @param pattern the pattern of the rule
	 * @param expression the expression of the rule
	 */
	private record Parsed(RateLimitRule rule, PathPattern pattern, @Nullable Expression expression) {

		private static Parsed of(RateLimitRule rule, PathPatternParser parser) {
			try {
				PathPattern pattern = parser.parse(rule.path());
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

		private boolean concerns(HttpServletRequest request, List<PathContainer> paths) {
			return (this.rule.methods().isEmpty() || concerns(request.getMethod()))
					&& paths.stream().anyMatch(this.pattern::matches);
		}

		/**
		 * Returns whether this rule applies to all requests of another rule, with a
		 * bucket that the client cannot choose.
		 * @param other the other rule
		 * @return whether this rule bounds the requests of the other rule
		 */
		private boolean bounds(Parsed other) {
			boolean byClient = this.rule.by() == RateLimitRule.By.ALL || this.rule.by() == RateLimitRule.By.ADDRESS;
			boolean allMethods = this.rule.methods().isEmpty()
					|| (!other.rule.methods().isEmpty() && this.rule.methods().containsAll(other.rule.methods()));
			return byClient && allMethods && (this.rule.path().equals(other.rule.path())
					|| this.pattern.matches(PathContainer.parsePath(other.rule.path())));
		}

		private boolean concerns(String method) {
			// A handler for GET answers HEAD as well.
			return this.rule.methods().contains(method) || method.equals("HEAD") && this.rule.methods().contains("GET");
		}

		private @Nullable String key(HttpServletRequest request, RateLimitPolicies policies) {
			return switch (this.rule.by()) {
				case ALL, USER -> null;
				case ADDRESS -> ClientAddress.key(request);
				case HEADER -> header(request);
				case EXPRESSION -> evaluate(request, policies);
			};
		}

		private String header(HttpServletRequest request) {
			String value = (this.rule.header() != null) ? request.getHeader(this.rule.header()) : null;
			return (value != null && !value.isBlank()) ? "header:" + value : ClientAddress.key(request);
		}

		private String evaluate(HttpServletRequest request, RateLimitPolicies policies) {
			StandardEvaluationContext context = new StandardEvaluationContext(request);
			context.setVariable("request", request);
			if (this.rule.expression() != null && this.rule.expression().contains("#user")) {
				context.setVariable("user", policies.user());
			}
			Object value = value(context);
			if (value == null || value.toString().isBlank()) {
				// The client may have caused this. It gets no bucket of its choice.
				return ClientAddress.key(request);
			}
			return "value:" + value;
		}

		private @Nullable Object value(StandardEvaluationContext context) {
			try {
				return (this.expression != null) ? this.expression.getValue(context) : null;
			}
			catch (RuntimeException ex) {
				// Methods of the request can throw anything.
				logger.debug("The expression of the rule '{}' in 'weir.rate-limit.rules' has no value",
						this.rule.name(), ex);
				return null;
			}
		}

	}

}
