package dev.weir.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.weir.core.Log;
import dev.weir.core.Suggestions;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.InvalidPolicyException;
import dev.weir.policy.PolicyMistake;
import dev.weir.policy.PolicyNames;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.Advisor;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.beans.factory.FactoryBean;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.core.MethodIntrospector;
import org.springframework.util.ClassUtils;

/**
 * Checks every guarded method of every bean when the application starts, and fails the
 * start with all mistakes at once. A mistake is an invalid policy, a method that no proxy
 * can guard, or a bean that would run unguarded. Checks also the beans of child contexts
 * that have no check of their own.
 */
public final class GuardedMethodCheck
		implements SmartInitializingSingleton, ApplicationListener<ContextRefreshedEvent> {

	private static final Log logger = Log.of(GuardedMethodCheck.class);

	/**
	 * The bean with which Spring's test framework replaces beans, for
	 * {@code @MockitoBean} and {@code @TestBean}.
	 */
	private static final String TEST_OVERRIDES = "org.springframework.test.context.bean.override.internalBeanOverridePostProcessor";

	private final ConfigurableListableBeanFactory beanFactory;

	private final List<Guarding> guardings;

	private final String missingAspectCure;

	private final GuardedClasses classes;

	private final CreatedBeans created;

	private final GuardedMethods methods;

	/**
	 * Creates a check.
	 * @param beanFactory the factory of the beans to check
	 * @param guardings the annotations to check, with their policies
	 * @param missingAspectCure the cure if a method needs an aspect that does not exist
	 * @param classes the annotations of classes
	 * @param created the guarded beans that the container has created
	 * @param methods the registry to which the check adds the guarded methods
	 */
	public GuardedMethodCheck(ConfigurableListableBeanFactory beanFactory, List<Guarding> guardings,
			String missingAspectCure, GuardedClasses classes, CreatedBeans created, GuardedMethods methods) {
		this.beanFactory = beanFactory;
		this.guardings = List.copyOf(guardings);
		this.missingAspectCure = missingAspectCure;
		this.classes = classes;
		this.created = created;
		this.methods = methods;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Set<PolicyMistake> mistakes = new LinkedHashSet<>();
		Map<String, Guarding.Known> known = new HashMap<>();
		boolean complete = true;
		for (String beanName : beanNames()) {
			Class<?> type = targetClass(beanName);
			Set<GuardAnnotation> annotations = (type != null) ? this.classes.annotationsOf(type) : Set.of();
			if (type == null || annotations.isEmpty()) {
				continue;
			}
			if (isReplacedByTest(beanName)) {
				logger.debug("A test has replaced the bean '{}', so the bean is not guarded", beanName);
				complete = false;
				continue;
			}
			this.guardings.stream()
				.filter((guarding) -> annotations.contains(guarding.annotation()))
				.forEach((guarding) -> check(guarding, beanName, type, mistakes, known));
		}
		if (!mistakes.isEmpty()) {
			throw new InvalidPolicyException(List.copyOf(mistakes));
		}
		if (complete) {
			this.guardings.forEach((guarding) -> warnOfIdleProperties(guarding, known));
		}
	}

	@Override
	public void onApplicationEvent(ContextRefreshedEvent event) {
		if (event.getApplicationContext()
			.getAutowireCapableBeanFactory() instanceof ConfigurableListableBeanFactory other
				&& other != this.beanFactory
				&& other.getBeanNamesForType(GuardedMethodCheck.class, true, false).length == 0) {
			new GuardedMethodCheck(other, this.guardings, this.missingAspectCure, this.classes, this.created,
					this.methods)
				.afterSingletonsInstantiated();
		}
	}

	private Set<String> beanNames() {
		Set<String> names = new LinkedHashSet<>(List.of(this.beanFactory.getBeanDefinitionNames()));
		// Objects without a definition, by registerSingleton.
		names.addAll(List.of(this.beanFactory.getSingletonNames()));
		return names;
	}

	private @Nullable BeanDefinition definition(String beanName) {
		return this.beanFactory.containsBeanDefinition(beanName) ? this.beanFactory.getMergedBeanDefinition(beanName)
				: null;
	}

	private void check(Guarding guarding, String beanName, Class<?> type, Set<PolicyMistake> mistakes,
			Map<String, Guarding.Known> known) {
		checkInherited(guarding, type, mistakes);
		List<Method> methods = guardedMethods(type, guarding);
		methods.forEach((method) -> {
			this.methods.add(guarding.annotation().type(), method);
			check(guarding, method, beanName, type, mistakes, known);
		});
		if (!methods.isEmpty()) {
			// Checks the first method that an aspect can guard. The methods that no
			// aspect can guard are mistakes already.
			methods.stream()
				.filter((method) -> unreachable(method, type, guarding) == null)
				.findFirst()
				.ifPresent((method) -> checkProxy(guarding, beanName, method, type, mistakes));
			warnOfSelfCalls(guarding, type, methods);
		}
	}

	private void checkInherited(Guarding guarding, Class<?> type, Set<PolicyMistake> mistakes) {
		for (Method method : this.classes.leftOut(guarding.annotation(), type)) {
			String location = ClassUtils.getQualifiedMethodName(method, type);
			if (GuardAnnotation.isHandler(method)) {
				mistakes.add(new PolicyMistake(location, guarding.label(),
						"the method would run unguarded: the class inherits it, and the annotation on the class guards "
								+ "only the methods that the class declares",
						"Override the method, or put the annotation on the method or on "
								+ method.getDeclaringClass().getName()));
			}
			else {
				logger.warn("The {} on {} does not guard the inherited method {}. Override the method to guard it",
						guarding.label(), type.getName(), location);
			}
		}
	}

	private static void warnOfSelfCalls(Guarding guarding, Class<?> type, List<Method> methods) {
		// The caller may be guarded already, so this is only a warning.
		SelfCalls.find(type, methods)
			.forEach((call) -> logger
				.warn("In {}, {} on the same object. This call bypasses the proxy and runs without {}. Call the method "
						+ "from another bean, or inject the bean into itself with @Lazy and call the injected reference",
						type.getName(), call, guarding.label()));
	}

	private static void warnOfIdleProperties(Guarding guarding, Map<String, Guarding.Known> known) {
		List<String> names = known.values()
			.stream()
			.filter((found) -> found.kind().equals(guarding.kind()))
			.map(Guarding.Known::name)
			.sorted()
			.toList();
		// Code may use a policy that no annotation has, so this is only a warning.
		guarding.configuredNames()
			.get()
			.stream()
			.filter((name) -> names.stream().noneMatch((policy) -> PolicyNames.isFor(name, policy)))
			.forEach((name) -> logger.warn(
					"The properties '{}.{}.*' apply to no method: no method has a {} with this name. {}",
					guarding.property(), name, guarding.kind(), cure(guarding, name, names)));
	}

	private static String cure(Guarding guarding, String name, List<String> names) {
		String closest = Suggestions.closest(name, names, 3);
		if (closest != null) {
			return "Did you mean '" + closest + "'?";
		}
		return names.isEmpty() ? "No method has a " + guarding.kind() : "The known names are " + names;
	}

	private @Nullable Class<?> targetClass(String beanName) {
		try {
			Class<?> type = AutoProxyUtils.determineTargetClass(this.beanFactory, beanName);
			return (type != null) ? ClassUtils.getUserClass(type) : null;
		}
		catch (Throwable ex) {
			// If a class cannot be loaded, its methods cannot be called either.
			logger.debug("The type of bean '{}' is not known", beanName, ex);
			return null;
		}
	}

	private static List<Method> guardedMethods(Class<?> type, Guarding guarding) {
		MethodIntrospector.MetadataLookup<Boolean> annotated = (method) -> guarding.annotation().isExpectedOn(method)
				? true : null;
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

	private void check(Guarding guarding, Method method, String beanName, Class<?> type, Set<PolicyMistake> mistakes,
			Map<String, Guarding.Known> known) {
		String location = ClassUtils.getQualifiedMethodName(method, type);
		String unreachable = unreachable(method, type, guarding);
		if (unreachable != null) {
			mistakes.add(new PolicyMistake(location, guarding.label(), "no proxy can guard the method: " + unreachable,
					"Put the annotation on a method that a proxy can override: a method of the class itself, not of an "
							+ "interface. Neither the method nor the class may be final, and the method may not be "
							+ "private or static"
							+ (guarding.annotation().onClasses() ? ". The annotation may also be on that class" : "")));
		}
		String lifecycle = ContainerCalls.describe(method, type, beanName, definition(beanName));
		if (lifecycle != null) {
			mistakes.add(new PolicyMistake(location, guarding.label(),
					"the method would run unguarded: it is " + lifecycle
							+ ", which the container calls on the object itself, not on its proxy",
					"Move the guarded work to a method of another bean and call that method, for instance from an "
							+ "ApplicationRunner"));
		}
		String postProcessed = this.created.isCircular(beanName) ? ContainerCalls.postProcessed(method) : null;
		if (postProcessed != null) {
			mistakes.add(new PolicyMistake(location, guarding.label(),
					"the method would run unguarded: because of a circular reference, the post-processor for @"
							+ postProcessed + " calls the object itself, not its proxy",
					"Break the circle: put @Lazy on the injection point that refers back to the bean '" + beanName
							+ "'"));
		}
		PolicyMistake result = guarding.resultMistake(method, type, location);
		if (result != null) {
			mistakes.add(result);
		}
		try {
			guarding.policies().apply(method, location).forEach((found) -> {
				Guarding.Known other = known.putIfAbsent(found.keySpace() + found.name(), found);
				String conflict = (other != null) ? found.conflict(other) : null;
				if (conflict != null) {
					mistakes.add(new PolicyMistake(location, "name = \"" + found.name() + "\"", conflict,
							"Give one of the two another name, or give both the same annotation and the same limit"));
				}
			});
		}
		catch (InvalidPolicyException ex) {
			mistakes.addAll(ex.getMistakes());
		}
	}

	private @Nullable String unreachable(Method method, Class<?> type, Guarding guarding) {
		if (Modifier.isPrivate(method.getModifiers())) {
			return "the method is private";
		}
		if (Modifier.isStatic(method.getModifiers())) {
			return "the method is static";
		}
		if (Modifier.isFinal(method.getModifiers())) {
			return "the method is final";
		}
		if (!this.classes.canBeProxied(type)) {
			return "its class is final";
		}
		boolean packagePrivate = (method.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) == 0;
		if (packagePrivate && !method.getDeclaringClass().getPackageName().equals(type.getPackageName())) {
			return "the method is package-private, in another package than the class of the bean";
		}
		GuardAnnotation annotation = guarding.annotation();
		if (this.classes.isGuarded(annotation, method)) {
			return null;
		}
		return annotation.isNear(method) ? "the annotation is on the method of an interface or a superclass"
				: "the annotation is on an interface or a superclass of its class";
	}

	private void checkProxy(Guarding guarding, String beanName, Method method, Class<?> type,
			Set<PolicyMistake> mistakes) {
		String location = GuardedMethods.location(method);
		String aspectBeanName = guarding.aspectBeanName();
		if (aspectBeanName == null) {
			mistakes.add(new PolicyMistake(location, guarding.label(), "the method would run unguarded",
					this.missingAspectCure));
			return;
		}
		Object bean = existing(beanName, type);
		if (bean == null || isAdvised(bean, aspectBeanName) || !this.classes.canBeProxied(type)) {
			return;
		}
		Object inside = innermost(bean);
		if (!type.isInterface() && !type.isInstance(inside)) {
			logger.warn("The bean '{}' is a {}. Weir cannot see whether this object calls the methods of {} through a "
					+ "proxy that guards them", beanName, inside.getClass().getName(), type.getName());
			return;
		}
		mistakes.add(new PolicyMistake(location, guarding.label(),
				"the method would run unguarded: the bean '" + beanName + "' has no proxy of Weir's aspect",
				(type.isInterface() || !this.beanFactory.containsBeanDefinition(beanName))
						? "Spring AOP creates no proxy for this object, because it was registered as a singleton, or is "
								+ "a proxy of an interface already. Guard a method of a bean that calls this object"
						: "Another bean, usually a BeanPostProcessor or a BeanFactoryPostProcessor, needs this bean "
								+ "before Spring AOP can create its proxy. In the other bean, look this bean up when it "
								+ "is used (ObjectProvider), or declare the @Bean method that needs this bean as static"));
	}

	/**
	 * Returns the object of a bean.
	 * @param beanName the name of the bean
	 * @param type the class with the guarded methods
	 * @return the object, which a factory bean creates now if necessary; {@code null} if
	 * the bean is created later, when its proxy is created, too
	 */
	private @Nullable Object existing(String beanName, Class<?> type) {
		Object bean = this.beanFactory.getSingleton(beanName);
		if (bean instanceof FactoryBean<?> factory && !type.isInstance(bean)) {
			return factory.isSingleton() ? this.beanFactory.getBean(beanName) : null;
		}
		return bean;
	}

	private static Object innermost(Object bean) {
		Object inside = bean;
		for (Object next = bean; next != null; next = AopProxyUtils.getSingletonTarget(next)) {
			inside = next;
		}
		return inside;
	}

	private boolean isReplacedByTest(String beanName) {
		return this.beanFactory.containsSingleton(TEST_OVERRIDES) && this.beanFactory.containsSingleton(beanName)
				&& !this.created.contains(beanName);
	}

	private static boolean isAdvised(Object bean, String aspectBeanName) {
		for (Object part = bean; part instanceof Advised advised; part = AopProxyUtils.getSingletonTarget(part)) {
			for (Advisor advisor : advised.getAdvisors()) {
				if (advisor instanceof GuardAdvisor guard && aspectBeanName.equals(guard.aspect())) {
					return true;
				}
			}
			if (!advised.getTargetSource().isStatic()) {
				// The target is another bean, which is checked by itself.
				return true;
			}
		}
		return false;
	}

}
