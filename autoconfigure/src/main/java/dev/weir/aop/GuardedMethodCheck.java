package dev.weir.aop;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;

import dev.weir.annotation.DistributedLock;
import dev.weir.policy.InvalidPolicyException;
import dev.weir.policy.LockPolicies;
import dev.weir.policy.PolicyMistake;
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
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.util.ClassUtils;

/**
 * Looks at every guarded method of every bean when the application starts and fails the
 * start with all mistakes at once: a policy that makes no sense, a method that no proxy
 * can reach, a bean that would run unguarded.
 */
public final class GuardedMethodCheck implements SmartInitializingSingleton {

	private static final Logger logger = LoggerFactory.getLogger(GuardedMethodCheck.class);

	private static final String ANNOTATION = "@DistributedLock";

	/** Types of spring-web whose work goes on after the method has returned. */
	private static final Set<String> LATE_TYPES = Set.of("org.springframework.web.context.request.async.DeferredResult",
			"org.springframework.web.context.request.async.WebAsyncTask",
			"org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter",
			"org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody",
			"java.util.concurrent.Callable", "kotlinx.coroutines.flow.Flow");

	private final ConfigurableListableBeanFactory beanFactory;

	private final LockPolicies policies;

	private final @Nullable String aspectBeanName;

	private final String missingAspectCure;

	/**
	 * Creates a check.
	 * @param beanFactory the beans to look at
	 * @param policies the policies
	 * @param aspectBeanName the name of the aspect's bean, {@code null} if there is none
	 * @param missingAspectCure what to do if there is no aspect and a method needs one
	 */
	public GuardedMethodCheck(ConfigurableListableBeanFactory beanFactory, LockPolicies policies,
			@Nullable String aspectBeanName, String missingAspectCure) {
		this.beanFactory = beanFactory;
		this.policies = policies;
		this.aspectBeanName = aspectBeanName;
		this.missingAspectCure = missingAspectCure;
	}

	@Override
	public void afterSingletonsInstantiated() {
		Set<PolicyMistake> mistakes = new LinkedHashSet<>();
		Set<String> names = new HashSet<>();
		for (String beanName : this.beanFactory.getBeanDefinitionNames()) {
			Class<?> type = targetClass(beanName);
			if (type != null && AnnotationUtils.isCandidateClass(type, DistributedLock.class)) {
				List<Method> methods = guardedMethods(type);
				methods.forEach((method) -> check(method, type, mistakes, names));
				if (!methods.isEmpty()) {
					checkProxy(beanName, methods.get(0), mistakes);
				}
			}
		}
		if (!mistakes.isEmpty()) {
			throw new InvalidPolicyException(List.copyOf(mistakes));
		}
		this.policies.overriddenNames()
			.stream()
			.filter((name) -> !names.contains(name))
			.forEach((name) -> logger.warn(
					"The property 'weir.lock.policies.{}' has no effect: no method has a lock of this name. Known are {}",
					name, names));
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

	private static List<Method> guardedMethods(Class<?> type) {
		MethodIntrospector.MetadataLookup<Boolean> annotated = (
				method) -> AnnotatedElementUtils.hasAnnotation(method, DistributedLock.class) ? true : null;
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

	private void check(Method method, Class<?> type, Set<PolicyMistake> mistakes, Set<String> names) {
		String place = ClassUtils.getQualifiedMethodName(method, type);
		String unreachable = unreachable(method, type);
		if (unreachable != null) {
			mistakes.add(new PolicyMistake(place, ANNOTATION, "no proxy can guard it: " + unreachable,
					"Put the annotation on a method that a proxy can override: not private, static or final, and "
							+ "declared in the bean's own class"));
		}
		String lateType = lateType(method);
		if (lateType != null) {
			mistakes.add(new PolicyMistake(place, ANNOTATION,
					"it returns " + lateType + ", whose work goes on after the lock is released",
					"Return a plain value or a CompletionStage, or guard the method that does the work"));
		}
		try {
			names.add(this.policies.of(method).name());
		}
		catch (InvalidPolicyException ex) {
			mistakes.addAll(ex.getMistakes());
		}
	}

	private static @Nullable String unreachable(Method method, Class<?> type) {
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
		MergedAnnotation<DistributedLock> onMethod = MergedAnnotations.from(method).get(DistributedLock.class);
		if (!onMethod.isPresent()) {
			return "the annotation is on the method of an interface or a superclass";
		}
		return (onMethod.getDistance() > 1) ? "the annotation is on an annotation of an annotation" : null;
	}

	private static @Nullable String lateType(Method method) {
		Class<?> type = method.getReturnType();
		if (type == CompletionStage.class || type == CompletableFuture.class) {
			return null;
		}
		boolean late = Future.class.isAssignableFrom(type) || CompletionStage.class.isAssignableFrom(type)
				|| ReactiveAdapterRegistry.getSharedInstance().getAdapter(type) != null
				|| LATE_TYPES.stream().anyMatch((name) -> isA(type, name)) || isSuspending(method);
		return late ? type.getSimpleName() : null;
	}

	private static boolean isA(Class<?> type, String name) {
		List<Class<?>> types = new ArrayList<>(ClassUtils.getAllInterfacesForClassAsSet(type));
		for (Class<?> parent = type; parent != null; parent = parent.getSuperclass()) {
			types.add(parent);
		}
		return types.stream().anyMatch((candidate) -> candidate.getName().equals(name));
	}

	private static boolean isSuspending(Method method) {
		Class<?>[] parameters = method.getParameterTypes();
		return parameters.length > 0
				&& parameters[parameters.length - 1].getName().equals("kotlin.coroutines.Continuation");
	}

	private void checkProxy(String beanName, Method method, Set<PolicyMistake> mistakes) {
		String place = LockPolicies.place(method);
		if (this.aspectBeanName == null) {
			mistakes.add(new PolicyMistake(place, ANNOTATION, "it would run unguarded", this.missingAspectCure));
			return;
		}
		Object bean = this.beanFactory.getSingleton(beanName);
		if (bean != null && !(bean instanceof FactoryBean) && !isAdvised(bean)) {
			mistakes.add(new PolicyMistake(place, ANNOTATION,
					"it would run unguarded: the bean '" + beanName + "' has no proxy of Weir's aspect",
					"Let Spring AOP proxy it: 'spring.aop.auto' must not be false, and the bean must not be needed by "
							+ "a BeanPostProcessor"));
		}
	}

	private boolean isAdvised(Object bean) {
		if (!(bean instanceof Advised advised)) {
			return false;
		}
		for (Advisor advisor : advised.getAdvisors()) {
			if (advisor instanceof AspectJPrecedenceInformation aspect
					&& aspect.getAspectName().equals(this.aspectBeanName)) {
				return true;
			}
		}
		return false;
	}

}
