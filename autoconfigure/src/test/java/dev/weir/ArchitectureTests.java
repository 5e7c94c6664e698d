package dev.weir;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructor;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaParameter;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture.LayerDependencySpecification;
import dev.weir.aop.GuardedClasses;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.ControllerAdvice;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.members;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The layers of this module, and the rules that Spring Boot sets itself for its
 * auto-configurations.
 */
class ArchitectureTests {

	/** The packages that each package may use. */
	// @formatter:off
	private static final Map<String, List<String>> ARROWS = Map.ofEntries(
			entry("autoconfigure", List.of("actuate", "observe", "aop", "web", "web.servlet", "outgoing", "cache", "policy",
					"policy.expression", "policy.result", "annotation", "redis", "redis.redisson",
					"redis.lettuce", "local", "transaction", "transaction.spring", "ratelimit", "lease", "lease.engine", "core")),
			entry("actuate", List.of("observe", "policy", "policy.expression", "ratelimit", "lease", "core")),
			entry("observe", List.of("ratelimit", "lease", "core")),
			entry("aop", List.of("policy", "policy.expression", "policy.result", "annotation", "transaction", "ratelimit", "lease",
					"lease.engine", "core")),
			entry("web.servlet", List.of("web", "policy", "policy.expression", "annotation", "ratelimit", "lease",
					"core")),
			entry("web", List.of("policy", "ratelimit", "core")),
			entry("outgoing", List.of("policy", "policy.expression", "ratelimit", "core")),
			entry("cache", List.of("lease", "core")),
			entry("policy", List.of("policy.expression", "policy.result", "annotation", "transaction", "ratelimit", "lease",
					"lease.engine", "core")),
			entry("policy.expression", List.of("core")),
			entry("policy.result", List.of("lease.engine", "core")),
			entry("annotation", List.of("lease", "core")),
			entry("redis.redisson", List.of("redis", "core")),
			entry("redis.lettuce", List.of("redis", "core")),
			entry("redis", List.of("transaction", "ratelimit", "lease", "core")),
			entry("local", List.of("ratelimit", "lease", "core")),
			entry("transaction.spring", List.of("transaction", "lease")),
			entry("transaction", List.of("lease", "core")),
			entry("ratelimit", List.of("core")),
			entry("lease.engine", List.of("lease", "core")),
			entry("lease", List.of("core")),
			entry("core", List.of()));
	// @formatter:on

	private static JavaClasses main;

	@BeforeAll
	static void importMainClasses() throws URISyntaxException {
		main = new ClassFileImporter().importPath(mainClasses());
	}

	@Test
	void arrowsPointDown() {
		LayeredArchitecture architecture = layeredArchitecture().consideringOnlyDependenciesInLayers()
			.withOptionalLayers(true);
		for (String layer : ARROWS.keySet()) {
			architecture = architecture.layer(layer).definedBy("dev.weir." + layer);
		}
		for (Map.Entry<String, List<String>> arrows : ARROWS.entrySet()) {
			LayerDependencySpecification layer = architecture.whereLayer(arrows.getKey());
			architecture = (arrows.getValue().isEmpty()) ? layer.mayNotAccessAnyLayer()
					: layer.mayOnlyAccessLayers(arrows.getValue().toArray(String[]::new));
		}
		check(architecture.ensureAllClassesAreContainedInArchitecture());
	}

	@Test
	void annotationsUseOnlyEnumsOfTheEngines() {
		DescribedPredicate<JavaClass> engines = resideInAnyPackage("dev.weir.lease", "dev.weir.core");
		check(classes().that()
			.resideInAPackage("dev.weir.annotation..")
			.should()
			.onlyDependOnClassesThat(resideOutsideOfPackage("dev.weir..").or(resideInAPackage("dev.weir.annotation.."))
				.or(engines.and(describe("are enums", (type) -> type.getBaseComponentType().isEnum())))));
	}

	@Test
	void annotationPackageHoldsOnlyAnnotations() {
		check(classes().that()
			.resideInAPackage("dev.weir.annotation..")
			.and()
			.doNotHaveSimpleName("package-info")
			.should(ArchCondition.from(describe("be annotations", JavaClass::isAnnotation))));
	}

	@Test
	void allLogLinesAreMadePrintable() {
		check(noClasses().that()
			.doNotHaveFullyQualifiedName("dev.weir.core.Log")
			.should()
			.dependOnClassesThat(
					resideInAnyPackage("org.slf4j..", "org.apache.commons.logging..", "java.util.logging..")));
	}

	@Test
	void onlyItsTransportUsesAClient() {
		onlyUses("dev.weir.redis.redisson..", "org.redisson..");
		onlyUses("dev.weir.redis.lettuce..", "io.lettuce..");
	}

	private static void onlyUses(String transport, String client) {
		check(noClasses().that()
			.resideOutsideOfPackages(transport, "dev.weir.autoconfigure..")
			.should()
			.dependOnClassesThat()
			.resideInAPackage(client));
	}

	@Test
	void enginesUseNoSpring() {
		check(noClasses().that()
			.resideInAnyPackage("dev.weir.core", "dev.weir.lease..", "dev.weir.ratelimit..", "dev.weir.transaction",
					"dev.weir.local")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework.."));
	}

	@Test
	void packagesAreFreeOfCycles() {
		check(slices().matching("dev.weir.(**)").should().beFreeOfCycles());
	}

	@Test
	void caseConversionsNameTheirLocale() {
		check(noClasses().should()
			.callMethod(String.class, "toLowerCase")
			.orShould()
			.callMethod(String.class, "toUpperCase")
			.because("the result must not depend on the default locale"));
	}

	@Test
	void autoConfigurationsArePublicAndFinal() {
		check(classes().that()
			.areAnnotatedWith(AutoConfiguration.class)
			.should()
			.bePublic()
			.andShould()
			.haveModifier(JavaModifier.FINAL)
			.andShould()
			.haveSimpleNameEndingWith("AutoConfiguration")
			.andShould()
			.resideInAPackage("dev.weir.autoconfigure.."));
	}

	@Test
	void autoConfigurationsHaveNoPublicMembers() {
		check(members().that()
			.areDeclaredInClassesThat()
			.areAnnotatedWith(AutoConfiguration.class)
			.and(are(describe("not constructors", (member) -> !(member instanceof JavaConstructor))))
			.should()
			.notBePublic());
	}

	@Test
	void autoConfigurationsAreRegistered() throws Exception {
		List<String> annotated = main.stream()
			.filter((type) -> type.isAnnotatedWith(AutoConfiguration.class))
			.map(JavaClass::getName)
			.toList();
		assertThat(registeredAutoConfigurations()).containsExactlyInAnyOrderElementsOf(annotated);
	}

	@Test
	void configurationsDoNotProxyBeanMethods() {
		check(classes().that()
			.areAnnotatedWith(Configuration.class)
			.should(ArchCondition.from(describe("have proxyBeanMethods = false",
					(JavaClass type) -> !type.getAnnotationOfType(Configuration.class).proxyBeanMethods()))));
	}

	@Test
	void nothingScansOrIsScanned() {
		check(noClasses().should().beMetaAnnotatedWith(ComponentScan.class).orShould().beAnnotatedWith(stereotype()));
	}

	@Test
	void beanMethodsArePackagePrivate() {
		check(methods().that().areAnnotatedWith(Bean.class).should().bePackagePrivate());
	}

	@Test
	void beanMethodsHaveNoConditionalOnClass() {
		check(methods().that()
			.areAnnotatedWith(Bean.class)
			.should()
			.notBeAnnotatedWith(ConditionalOnClass.class)
			.because("the types of the method's signature are loaded before its conditions are evaluated"));
	}

	@Test
	void conditionalOnMissingBeanDoesNotRepeatTheReturnType() {
		check(methods().that()
			.areAnnotatedWith(ConditionalOnMissingBean.class)
			.should(ArchCondition.from(describe("not repeat the return type in @ConditionalOnMissingBean",
					ArchitectureTests::conditionAddsToTheReturnType))));
	}

	@Test
	void postProcessorBeanMethodsAreStaticAndInjectLazily() {
		check(methods().that()
			.areAnnotatedWith(Bean.class)
			.and()
			.haveRawReturnType(assignableTo(BeanPostProcessor.class).or(assignableTo(BeanFactoryPostProcessor.class)))
			.should()
			.beStatic()
			.andShould(ArchCondition.from(describe("inject nothing that would be created too early",
					(JavaMethod method) -> method.getParameters()
						.stream()
						.allMatch(ArchitectureTests::isInjectedLazily)))));
	}

	@Test
	void conditionsAreNotPublic() {
		check(classes().that().areAssignableTo(Condition.class).should().notBePublic());
	}

	@Test
	void failureAnalyzersAreNotPublic() {
		check(classes().that().areAssignableTo(FailureAnalyzer.class).should().notBePublic());
	}

	private static void check(ArchRule rule) {
		rule.allowEmptyShould(true).check(main);
	}

	private static DescribedPredicate<JavaAnnotation<?>> stereotype() {
		return describe("a stereotype", (annotation) -> {
			JavaClass type = annotation.getRawType();
			boolean advice = type.isEquivalentTo(ControllerAdvice.class)
					|| type.isMetaAnnotatedWith(ControllerAdvice.class);
			return !advice && !type.isEquivalentTo(Configuration.class)
					&& !type.isMetaAnnotatedWith(Configuration.class)
					&& (type.isEquivalentTo(Component.class) || type.isMetaAnnotatedWith(Component.class));
		});
	}

	private static boolean conditionAddsToTheReturnType(JavaMethod method) {
		JavaAnnotation<?> condition = method.getAnnotationOfType(ConditionalOnMissingBean.class.getName());
		List<String> types = attribute(condition, "value", "type")
			.map((type) -> (type instanceof JavaClass javaClass) ? javaClass.getName() : type.toString())
			.toList();
		return attribute(condition, "name", "annotation").findAny().isPresent()
				|| !types.equals(List.of(method.getRawReturnType().getName()));
	}

	private static Stream<Object> attribute(JavaAnnotation<?> annotation, String... names) {
		return Stream.of(names).flatMap((name) -> Stream.of((Object[]) annotation.get(name).orElse(new Object[0])));
	}

	private static boolean isInjectedLazily(JavaParameter parameter) {
		return parameter.isAnnotatedWith(Lazy.class) || parameter.getRawType().isAssignableTo(ObjectProvider.class)
				|| parameter.getRawType().isAssignableTo(ApplicationContext.class)
				|| parameter.getRawType().isAssignableTo(BeanFactory.class)
				|| parameter.getRawType().isEquivalentTo(GuardedClasses.class)
				|| parameter.getRawType().isAssignableTo(Environment.class);
	}

	private static List<String> registeredAutoConfigurations() throws Exception {
		Path imports = mainClasses()
			.resolve("META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports");
		if (!Files.exists(imports)) {
			return List.of();
		}
		try (Stream<String> lines = Files.lines(imports)) {
			return lines.map(String::trim).filter((line) -> !line.isEmpty() && !line.startsWith("#")).toList();
		}
	}

	private static Path mainClasses() throws URISyntaxException {
		URI testClasses = ArchitectureTests.class.getProtectionDomain().getCodeSource().getLocation().toURI();
		return Path.of(testClasses).resolveSibling("classes");
	}

}
