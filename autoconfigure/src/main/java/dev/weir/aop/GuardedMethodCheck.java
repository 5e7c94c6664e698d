package dev.weir.aop;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import dev.weir.annotation.RateLimited;
import dev.weir.annotation.RateLimits;
import dev.weir.annotation.RedisTransactional;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.InvalidPolicyException;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.LeasePolicy;
import dev.weir.policy.PolicyMistake;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitPolicy;
import dev.weir.policy.TransactionPolicies;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.aop.Advisor;
import org.springframework.aop.aspectj.AspectJPrecedenceInformation;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.core.annotation.RepeatableContainers;
import org.springframework.util.ClassUtils;

/**
 * Looks at every guarded method of every bean when the application starts and fails the
 * start with all mistakes at once: a policy that makes no sense, a method that no proxy
 * can reach, a bean that would run unguarded.
 */
public final class GuardedMethodCheck implements SmartInitializingSingleton {

	private static final Logger logger = LoggerFactory.getLogger(GuardedMethodCheck.class);

	private final ConfigurableListableBeanFactory beanFactory;

	private final List<Guarding> guardings;

	private final String missingAspectCure;

	private final GuardedMethods methods;

	/**
	 * Creates a check.
	 * @param beanFactory the beans to look at
	 * @param guardings what to look for
	 * @param missingAspectCure what to do if there is no aspect and a method needs one
	 * @param methods where the guarded methods are remembered
	 */
	public GuardedMethodCheck(ConfigurableListableBeanFactory beanFactory, List<Guarding> guardings,
			String missingAspectCure, GuardedMethods methods) {
		this.beanFactory = beanFactory;
		this.guardings = List.copyOf(guardings);
		this.missingAspectCure = missingAspectCure;
		this.methods = methods;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Set<PolicyMistake> mistakes = new LinkedHashSet<>();
		Map<String, Known> known = new HashMap<>();
		for (String beanName : this.beanFactory.getBeanDefinitionNames()) {
			Class<?> type = targetClass(beanName);
			if (type != null) {
				this.guardings.forEach((guarding) -> check(guarding, beanName, type, mistakes, known));
			}
		}
		if (!mistakes.isEmpty()) {
			throw new InvalidPolicyException(List.copyOf(mistakes));
		}
		this.guardings.forEach((guarding) -> warnOfIdleProperties(guarding, known));
		known.values().forEach((policy) -> warnOfSharedKeys(policy, known.values()));
	}

	private void check(Guarding guarding, String beanName, Class<?> type, Set<PolicyMistake> mistakes,
			Map<String, Known> known) {
		if (!AnnotationUtils.isCandidateClass(type, guarding.type())) {
			return;
		}
		List<Method> methods = guardedMethods(type, guarding);
		methods.forEach((method) -> {
			this.methods.add(guarding.type(), method);
			check(guarding, method, type, mistakes, known);
		});
		if (!methods.isEmpty()) {
			checkProxy(guarding, beanName, methods.get(0), mistakes);
			warnOfSelfCalls(guarding, type, methods);
		}
	}

	private static void warnOfSelfCalls(Guarding guarding, Class<?> type, List<Method> methods) {
		// A caller may hold what is needed already, so this is no mistake.
		SelfCalls.find(type, methods)
			.forEach((call) -> logger.warn(
					"In {}, {} on this object, past the proxy: there it runs without its {}. Call it through the bean, "
							+ "from another bean or one that is injected into itself",
					type.getName(), call, guarding.label()));
	}

	private static void warnOfIdleProperties(Guarding guarding, Map<String, Known> known) {
		List<String> names = known.values()
			.stream()
			.filter((found) -> found.kind().equals(guarding.kind()))
			.map(Known::name)
			.sorted()
			.toList();
		// Code may ask for a policy that no annotation has, so this is no mistake.
		guarding.overriddenNames()
			.get()
			.stream()
			.filter((name) -> !names.contains(name))
			.forEach((name) -> logger.warn(
					"The property '{}.{}' concerns no method: none has a {} of this name. Known are {}",
					guarding.property(), name, guarding.kind(), names));
	}

	private static void warnOfSharedKeys(Known policy, Collection<Known> known) {
		known.forEach((otherPolicy) -> {
			String name = policy.name();
			String other = otherPolicy.name();
			if (policy.keyed() && policy.keySpace().equals(otherPolicy.keySpace())
					&& !policy.kind().equals(otherPolicy.kind()) && other.startsWith(name + ":")) {
				logger.warn(
						"The {} '{}' and the {} '{}' have the same key in Redis when a call of {} has the key '{}', and "
								+ "that call fails. Give one of them another name",
						policy.kind(), name, otherPolicy.kind(), other, policy.place(),
						other.substring(name.length() + 1));
			}
		});
	}

	private @Nullable Class<?> targetClass(String beanName) {
		try {
			Class<?> type = AutoProxyUtils.determineTargetClass(this.beanFactory, beanName);
			return (type != null) ? ClassUtils.getUserClass(type) : null;
		}
		catch (Throwable ex) {
			// A type that cannot be loaded cannot be called either.
			logger.debug("The type of bean '{}' is not known", beanName, ex);
			return null;
		}
	}

	private static List<Method> guardedMethods(Class<?> type, Guarding guarding) {
		MethodIntrospector.MetadataLookup<Boolean> annotated = (
				method) -> (isAnnotated(method, guarding) || isAnnotatedByClass(method, guarding)) ? true : null;
		try {
			return MethodIntrospector.selectMethods(type, annotated)
				.keySet()
				.stream()
				.sorted(Comparator.comparing(Method::toGenericString))
				.toList();
		}
		catch (NoClassDefFoundError ex) {
			logger.debug("The methods of {} are not known", type, ex);
			return List.of();
		}
	}

	private static boolean isAnnotated(AnnotatedElement element, Guarding guarding) {
		return AnnotatedElementUtils.hasAnnotation(element, guarding.type())
				|| (guarding.container() != null && AnnotatedElementUtils.hasAnnotation(element, guarding.container()));
	}

	private static boolean isAnnotatedByClass(Method method, Guarding guarding) {
		return guarding.onClasses() && Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()
				&& !Modifier.isStatic(method.getModifiers()) && isAnnotated(method.getDeclaringClass(), guarding);
	}

	private void check(Guarding guarding, Method method, Class<?> type, Set<PolicyMistake> mistakes,
			Map<String, Known> known) {
		String place = ClassUtils.getQualifiedMethodName(method, type);
		String unreachable = unreachable(method, type, guarding);
		if (unreachable != null) {
			mistakes.add(new PolicyMistake(place, guarding.label(), "no proxy can guard it: " + unreachable,
					"Put the annotation on a method that a proxy can override: not private, static or final, and "
							+ "declared in the bean's own class" + (guarding.onClasses() ? ", or on that class" : "")));
		}
		if (guarding.untilTheEnd() && ResultKind.of(method) == ResultKind.UNKNOWN) {
			mistakes.add(new PolicyMistake(place, guarding.label(),
					"it returns " + ResolvableType.forMethodReturnType(method).toString()
							+ ", of which nobody can tell when its work ends",
					"Return a plain value, a CompletionStage or a reactive type, or guard the method that does the work"));
		}
		try {
			guarding.policies().apply(method, place).forEach((found) -> {
				Known other = known.putIfAbsent(found.keySpace() + found.name(), found);
				String conflict = (other != null) ? found.conflict(other) : null;
				if (conflict != null) {
					mistakes.add(new PolicyMistake(place, "name = \"" + found.name() + "\"", conflict,
							"Give one of them another name, or both the same annotation and limit"));
				}
			});
		}
		catch (InvalidPolicyException ex) {
			mistakes.addAll(ex.getMistakes());
		}
	}

	private static @Nullable String unreachable(Method method, Class<?> type, Guarding guarding) {
		if (Modifier.isPrivate(method.getModifiers())) {
			return "it is private";
		}
		if (Modifier.isStatic(method.getModifiers())) {
			return "it is static";
		}
		if (Modifier.isFinal(method.getModifiers())) {
			return "it is final";
		}
		if (Modifier.isFinal(type.getModifiers()) && type.getInterfaces().length == 0) {
			return "its class is final";
		}
		if (isAnnotatedByClass(method, guarding) && !isAnnotated(method, guarding)) {
			return unreachable(method.getDeclaringClass(), guarding,
					"the annotation is on an interface or a superclass of its class");
		}
		return unreachable(method, guarding, "the annotation is on the method of an interface or a superclass");
	}

	private static @Nullable String unreachable(AnnotatedElement element, Guarding guarding, String elsewhere) {
		Class<? extends Annotation> container = guarding.container();
		MergedAnnotations annotations = MergedAnnotations.from(element, SearchStrategy.DIRECT,
				RepeatableContainers.none());
		if (container != null && annotations.get(container).isPresent()) {
			return null;
		}
		MergedAnnotation<?> annotation = annotations.get(guarding.type());
		if (!annotation.isPresent()) {
			return elsewhere;
		}
		return (annotation.getDistance() > 1) ? "the annotation is on an annotation of an annotation" : null;
	}

	private void checkProxy(Guarding guarding, String beanName, Method method, Set<PolicyMistake> mistakes) {
		String place = LeasePolicies.place(method);
		String aspectBeanName = guarding.aspectBeanName();
		if (aspectBeanName == null) {
			mistakes.add(new PolicyMistake(place, guarding.label(), "it would run unguarded", this.missingAspectCure));
			return;
		}
		Object bean = this.beanFactory.getSingleton(beanName);
		if (bean != null && !(bean instanceof FactoryBean) && !isAdvised(bean, aspectBeanName)) {
			mistakes.add(new PolicyMistake(place, guarding.label(),
					"it would run unguarded: the bean '" + beanName + "' has no proxy of Weir's aspect",
					"Let Spring AOP proxy it: 'spring.aop.auto' must not be false, and the bean must not be needed by "
							+ "a BeanPostProcessor"));
		}
	}

	private static boolean isAdvised(Object bean, String aspectBeanName) {
		if (!(bean instanceof Advised advised)) {
			return false;
		}
		for (Advisor advisor : advised.getAdvisors()) {
			if (advisor instanceof AspectJPrecedenceInformation aspect
					&& aspect.getAspectName().equals(aspectBeanName)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * One annotation, and what guards its methods.
	 *
	 * @param type the annotation
	 * @param container the annotation that holds several of them, {@code null} for none
	 * @param kind what it makes, in messages
	 * @param property the properties of its policies
	 * @param untilTheEnd whether it must be known when the work of a method ends
	 * @param onClasses whether it can stand on a class
	 * @param policies the policies of a method at a place
	 * @param overriddenNames the names that properties mention and that need a method
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 */
	public record Guarding(Class<? extends Annotation> type, @Nullable Class<? extends Annotation> container,
			String kind, String property, boolean untilTheEnd, boolean onClasses,
			BiFunction<Method, String, List<Known>> policies, Supplier<Set<String>> overriddenNames,
			@Nullable String aspectBeanName) {

		/**
		 * Guards by leases.
		 * @param policies the policies of the annotation
		 * @param usedElsewhere the names of policies that need no annotation
		 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is
		 * none
		 * @return what is guarded
		 */
		public static Guarding of(LeasePolicies policies, Set<String> usedElsewhere, @Nullable String aspectBeanName) {
			String kind = policies.kind().toString();
			return new Guarding(policies.annotationType(), null, kind, "weir." + kind + ".policies", true, false,
					(method, place) -> List.of(known(policies.of(method), place)),
					() -> without(policies.overriddenNames(), usedElsewhere), aspectBeanName);
		}

		/**
		 * Guards by rate limits.
		 * @param policies the policies
		 * @param rules the names of limits for requests by their path, which properties
		 * may mention, too
		 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is
		 * none
		 * @return what is guarded
		 */
		public static Guarding of(RateLimitPolicies policies, Set<String> rules, @Nullable String aspectBeanName) {
			return new Guarding(RateLimited.class, RateLimits.class, "rate limit", "weir.rate-limit.policies", false,
					true,
					(method, place) -> policies.of(method).stream().map((policy) -> known(policy, place)).toList(),
					() -> without(policies.overriddenNames(), rules), aspectBeanName);
		}

		/**
		 * Guards by transactions on Redis.
		 * @param policies what the annotations say
		 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is
		 * none
		 * @return what is guarded
		 */
		public static Guarding of(TransactionPolicies policies, @Nullable String aspectBeanName) {
			return new Guarding(RedisTransactional.class, null, "Redis transaction", "weir.transaction", false, false,
					(method, place) -> {
						policies.of(method);
						requireResultOnReturn(method, place);
						return List.of();
					}, Set::of, aspectBeanName);
		}

		private static Set<String> without(Set<String> names, Set<String> usedElsewhere) {
			return names.stream().filter((name) -> !usedElsewhere.contains(name)).collect(Collectors.toSet());
		}

		private static void requireResultOnReturn(Method method, String place) {
			if (ResultKind.of(method) != ResultKind.PLAIN) {
				throw new InvalidPolicyException(List.of(new PolicyMistake(place, "@RedisTransactional",
						"it returns " + ResolvableType.forMethodReturnType(method)
								+ ", and what it writes after it has returned would not be a part of the transaction",
						"Return a plain value, or use RedisTransactionOperations.executeAsync")));
			}
		}

		private static Known known(LeasePolicy policy, String place) {
			return new Known("lease:", policy.kind().toString(), policy.name(), policy.limit(),
					policy.limitExpression() != null, !policy.keys().isEmpty(), place);
		}

		private static Known known(RateLimitPolicy policy, String place) {
			return new Known("bucket:", "rate limit", policy.name(), policy.limit(), policy.limitExpression() != null,
					policy.perUser() || policy.key() != null, place);
		}

		private String label() {
			return "@" + this.type.getSimpleName();
		}

	}

	/**
	 * A policy that was found.
	 *
	 * @param keySpace policies whose keys could meet in Redis have the same
	 * @param kind its kind
	 * @param name its name
	 * @param limit its limit
	 * @param varies whether each call has a limit of its own
	 * @param keyed whether calls have keys of their own
	 * @param place the class and method
	 */
	record Known(String keySpace, String kind, String name, Object limit, boolean varies, boolean keyed, String place) {

		private @Nullable String conflict(Known other) {
			if (!this.kind.equals(other.kind)) {
				return "the " + other.kind + " of " + other.place + " has the same name, and so the same keys";
			}
			return (this.limit.equals(other.limit) || this.varies || other.varies) ? null
					: "it has the limit " + this.limit + ", and " + other.place + " the limit " + other.limit;
		}

	}

}
