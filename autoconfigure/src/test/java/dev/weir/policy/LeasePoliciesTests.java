package dev.weir.policy;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;
import dev.weir.policy.expression.Digests;
import dev.weir.policy.expression.Invocation;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.core.annotation.AliasFor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link LeasePolicies}.
 */
class LeasePoliciesTests {

	private static final LockSettings NOTHING = new LockSettings(true, null, Duration.ofSeconds(10), OnUnavailable.FAIL,
			OnLost.FAIL);

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	@Test
	void theKeyIsPrefixNameAndExpression() {
		assertThat(key("keyed", "7")).isEqualTo("weir:order:7");
		assertThat(key("wholeName", "7")).isEqualTo("weir:all");
		assertThat(key("positional", "7")).isEqualTo("weir:positional:7");
		assertThat(key("digest", "7")).isEqualTo("weir:digest:" + Digests.md5("7:x"));
		assertThat(key("root", "7")).isEqualTo("weir:root:root/7");
	}

	@Test
	void theDefaultNameIsThatOfClassAndMethod() {
		assertThat(policy("unnamed").name()).isEqualTo(Guarded.class.getName() + ".unnamed");
		assertThat(policy("unnamed").purpose()).isEqualTo("Guarded.unnamed");
	}

	@Test
	void expressionsSeeBeans() {
		this.beans.registerSingleton("region", "eu");
		assertThat(key("bean", "7")).isEqualTo("weir:bean:eu");
	}

	@Test
	void anArgumentWithAPlaceholderIsNotExpanded() {
		System.setProperty("weir.test.secret", "expanded");
		try {
			assertThat(key("keyed", "${weir.test.secret}")).isEqualTo("weir:order:$%7Bweir.test.secret%7D");
		}
		finally {
			System.clearProperty("weir.test.secret");
		}
	}

	@Test
	void attributesTakePlaceholders() {
		this.beans.addEmbeddedValueResolver((text) -> text.replace("${limit}", "45s").replace("${name}", "resolved"));
		LeasePolicy policy = policy("placeholders");
		assertThat(policy.name()).isEqualTo("resolved");
		assertThat(policy.values().timeout().value()).isEqualTo(Duration.ofSeconds(45));
	}

	@Test
	void aPlaceholderThatNobodyResolvesNamesTheAttribute() {
		this.beans.addEmbeddedValueResolver((text) -> {
			throw new IllegalArgumentException("Could not resolve placeholder 'limit'");
		});
		assertThat(mistake("placeholders").attribute()).contains("${");
	}

	@ParameterizedTest
	@CsvSource({ "waitsAsLongAsItHolds,60000", "waitsLess,500", "doesNotWait,0", "wholeName,10000" })
	void theWaitTimeIsTheTimeoutUnlessSaidOtherwise(String method, long millis) {
		assertThat(policy(method).values().waitTime().value()).isEqualTo(Duration.ofMillis(millis));
	}

	@Test
	void propertiesOfThePolicyComeBeforeTheAnnotationAndThatBeforeTheDefaults() {
		LockSettings defaults = new LockSettings(true, Duration.ofSeconds(1), Duration.ofSeconds(2),
				OnUnavailable.PROCEED, OnLost.REPORT);
		LockSettings override = new LockSettings(null, Duration.ofSeconds(9), null, OnUnavailable.FAIL, null);
		LeasePolicies policies = policies(defaults, Map.of("all", override));
		LeasePolicy overridden = policies.of(method("wholeName"));
		assertThat(overridden.values().timeout().value()).isEqualTo(Duration.ofSeconds(9));
		assertThat(overridden.values().waitTime().value()).isEqualTo(Duration.ofSeconds(9));
		assertThat(overridden.values().onUnavailable().value()).isEqualTo(OnUnavailable.FAIL);
		assertThat(overridden.values().onLost().value()).isEqualTo(OnLost.REPORT);
		LeasePolicy annotated = policies.of(method("waitsLess"));
		assertThat(annotated.values().timeout().value()).isEqualTo(Duration.ofSeconds(60));
		assertThat(annotated.values().waitTime().value()).isEqualTo(Duration.ofMillis(500));
		assertThat(annotated.values().onUnavailable().value()).isEqualTo(OnUnavailable.LOCAL);
		LeasePolicy bare = policies.of(method("keyed"));
		assertThat(bare.values().timeout().value()).isEqualTo(Duration.ofSeconds(1));
		assertThat(bare.values().onUnavailable().value()).isEqualTo(OnUnavailable.PROCEED);
	}

	@Test
	void aPolicyCanBeSwitchedOff() {
		LockSettings off = new LockSettings(false, null, null, null, null);
		Invocation invocation = invocation("wholeName", "7");
		assertThat(policies(NOTHING, Map.of("all", off)).of(method("wholeName")).guards(invocation)).isFalse();
		LockSettings allOff = new LockSettings(false, null, Duration.ZERO, OnUnavailable.FAIL, OnLost.FAIL);
		assertThat(policies(allOff, Map.of()).of(method("wholeName")).guards(invocation)).isFalse();
		assertThat(policies(NOTHING, Map.of()).of(method("wholeName")).guards(invocation)).isTrue();
	}

	@Test
	void aConditionDecidesForEachCall() {
		assertThat(policy("conditional").guards(invocation("conditional", "yes"))).isTrue();
		assertThat(policy("conditional").guards(invocation("conditional", "no"))).isFalse();
	}

	@Test
	void aConditionThatIsNullIsAnErrorAndNotAPassWithoutLock() {
		assertThatIllegalStateException()
			.isThrownBy(() -> policy("nullCondition").guards(invocation("nullCondition", "7")))
			.withMessageContaining("is null, not true or false");
	}

	@Test
	void aComposedAnnotationIsAPolicyToo() {
		assertThat(policy("composed").values().timeout().value()).isEqualTo(Duration.ofSeconds(3));
		assertThat(key("composed", "7")).isEqualTo("weir:composed:7");
	}

	@Test
	void theNameMayHoldOneHashTagAndTheValueCannotAddAnother() {
		assertThat(key("tagged", "{x}")).isEqualTo("weir:order:{eu}:%7Bx%7D");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-", value = { "-|is null", "' '|is blank" })
	void aValueThatSaysNothingIsRefused(String value, String problem) {
		assertThatIllegalStateException().isThrownBy(() -> key("keyed", value))
			.withMessageContaining(problem)
			.withMessageContaining("Guarded.keyed")
			.withMessageContaining("#id");
	}

	@Test
	void aValueThatDiffersInEachInstanceIsRefused() {
		assertThatIllegalStateException().isThrownBy(() -> key("object", new Object()))
			.withMessageContaining("differs in each instance");
		assertThatIllegalStateException().isThrownBy(() -> key("object", (Object) new byte[] { 1 }))
			.withMessageContaining("differs in each instance");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = {
			"wrongVariable|key = \"#txet\"|#txet is no parameter|Use one of: #text, #model",
			"noParameters|key = \"#id\"|#id is no parameter|Remove it: the method has no parameters",
			"wrongPosition|key = \"#p1\"|#p1 is no parameter|Use one of: #id",
			"nestedVariable|key = \"#md5(#text + #nope)\"|#nope is no parameter|Use one of: #text",
			"wrongFunction|key = \"#md6(#id)\"|the function #md6(…) is not known|#md5(…) or #sha256(…)",
			"noExpression|key = \"order 7\"|this is no SpEL expression|a literal text needs quotes",
			"wrongCondition|condition = \"#nope\"|#nope is no parameter|Use one of: #id",
			"badDuration|timeout = \"soon\"|is no duration|such as \"500ms\"",
			"negative|timeout = \"-1s\"|at least 1ms|Use a positive duration such as \"60s\"",
			"zero|timeout = \"0\"|at least 1ms|Use a positive duration such as \"60s\"",
			"negativeWait|waitTime = \"-1s\"|the wait time is negative|Use \"0\" to not wait",
			"blankInName|name = \"a b\"|cannot begin a key|Use no blanks",
			"strayBrace|name = \"order:{42\"|cannot begin a key|one complete hash tag",
			"twoTags|name = \"{a}{b}\"|cannot begin a key|one complete hash tag",
			"keyAndKeys|keys = \"#id\"|there is a key as well|Use key for one thing",
			"fencedKeys|keys = \"#id\"|cannot be fenced|Remove fenced",
			"emptyKeys|keys = \" \"|an expression is empty|Remove it",
			"wrongKeys|keys = \"#nope\"|#nope is no parameter|Use one of: #id",
			"typo|key = \"#order.idd\"|Order has no property 'idd'|Did you mean 'id'?",
			"forgotten|key = \"order.id\"|order' is no property of the call|Did you mean '#order'?",
			"forgottenInCall|key = \"#md5(order)\"|order' is no property of the call|Did you mean '#order'?",
			"noText|key = \"all\"|all' is no property of the call|a literal text in quotes of its own",
			"unknownProperty|key = \"#order.colour\"|Order has no property 'colour'|Use one of: [customer, ",
			"noFallback|fallback = \"nowhere\"|the class has no such method|Declare String nowhere(String, LeaseException)",
			"wrongFallback|fallback = \"misfit\"|does not fit|Declare String misfit(String, LeaseException)",
			"twoValues|onUnavailable = \"[FAIL, LOCAL]\"|only one value|Remove the others" })
	void aMistakeNamesMethodAttributeValueAndCure(String method, String attribute, String problem, String cure) {
		PolicyMistake mistake = mistake(method);
		assertThat(mistake.location()).isEqualTo(Mistaken.class.getName() + "." + method);
		assertThat(mistake.attribute()).isEqualTo(attribute);
		assertThat(mistake.problem()).contains(problem);
		assertThat(mistake.cure()).contains(cure);
	}

	@ParameterizedTest
	@ValueSource(strings = { "known", "maybe", "none", "ofTheJdk", "similar", "names" })
	void acceptsPropertiesThatAnObjectMayHave(String method) {
		LeasePolicies locks = policies(NOTHING, Map.of());
		assertThatNoException().isThrownBy(() -> locks.of(method(Flexible.class, method)));
	}

	@Test
	void namesThePolicyWhenAnExpressionCannotBeEvaluated() {
		Method method = method(Flexible.class, "none");
		LeasePolicy policy = policies(NOTHING, Map.of()).of(method);
		Invocation call = new Invocation(method, new Flexible(), Flexible.class, new Object[] { "text" });
		assertThatIllegalStateException().isThrownBy(() -> policy.guard(call))
			.withMessageContaining("The value of key = \"#object.colour\" of ")
			.withMessageContaining("Flexible.none cannot be evaluated: ")
			.withMessageContaining("'colour'");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "none|limit|the limit is missing|Set limit to at least 1, or limitExpression",
					"negative|limit = \"-1\"|needs a limit of at least 1|Set limit to at least 1, or limitExpression",
					"twoLimits|limitExpression = \"#id\"|there is a limit of 3 as well|Remove one of the two",
					"wrongExpression|limitExpression = \"#nope\"|#nope is no parameter|Use one of: #id" })
	void aMistakeInALimitNamesValueAndCure(String method, String attribute, String problem, String cure) {
		LeasePolicies semaphores = semaphores(Map.of());
		PolicyMistake mistake = assertThatExceptionOfType(InvalidPolicyException.class)
			.isThrownBy(() -> semaphores.of(method(MistakenSemaphore.class, method)))
			.actual()
			.getMistakes()
			.get(0);
		assertThat(mistake.attribute()).isEqualTo(attribute);
		assertThat(mistake.problem()).contains(problem);
		assertThat(mistake.cure()).contains(cure);
	}

	@Test
	void theLimitOfAPropertyComesBeforeThatOfTheAnnotationAndItsExpression() {
		LeasePolicies policies = semaphores(Map.of("plan", new SemaphoreSettings(null, 7, null, null, null, null),
				"fixed", new SemaphoreSettings(null, 9, null, null, null, null)));
		assertThat(limit(policies, "plan")).isEqualTo(7);
		assertThat(limit(policies, "fixed")).isEqualTo(9);
		assertThat(limit(semaphores(Map.of()), "plan")).isEqualTo(4);
		assertThat(limit(semaphores(Map.of()), "fixed")).isEqualTo(3);
	}

	@Test
	void overridesCanBeReplacedWhilePoliciesAreInUse() {
		LeasePolicies policies = semaphores(Map.of());
		assertThat(limit(policies, "fixed")).isEqualTo(3);
		policies.prepare(Map.of("fixed", new SemaphoreSettings(null, 5, null, null, null, null))).run();
		assertThat(limit(policies, "fixed")).isEqualTo(5);
		policies.prepare(Map.of()).run();
		assertThat(limit(policies, "fixed")).isEqualTo(3);
	}

	private static int limit(LeasePolicies policies, String method) {
		return policies.of(method(Limited.class, method))
			.guard(new Invocation(method(Limited.class, method), new Limited(), Limited.class, new Object[] { "four" }))
			.requests()
			.get(0)
			.limit();
	}

	private LeasePolicies semaphores(Map<String, SemaphoreSettings> overrides) {
		return new LeasePolicies(LeaseKind.SEMAPHORE, "weir:", NOTHING, overrides, this.beans::resolveEmbeddedValue,
				this.beans);
	}

	@Test
	void allMistakesOfAnAnnotationAreToldAtOnce() {
		assertThatExceptionOfType(InvalidPolicyException.class)
			.isThrownBy(() -> policies(NOTHING, Map.of()).of(method(Mistaken.class, "several")))
			.satisfies((ex) -> assertThat(ex.getMistakes()).extracting(PolicyMistake::attribute)
				.containsExactly("key = \"#txet\"", "timeout = \"-1s\"", "waitTime = \"later\""));
	}

	@Test
	void settingsRefuseImpossibleDurations() {
		assertThatIllegalArgumentException().isThrownBy(() -> new LockSettings(null, Duration.ZERO, null, null, null))
			.withMessageContaining("'timeout' must be at least 1ms");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> new LockSettings(null, null, Duration.ofMillis(-1), null, null))
			.withMessageContaining("'wait-time' must not be negative");
	}

	private PolicyMistake mistake(String method) {
		Class<?> type = Arrays.stream(Mistaken.class.getDeclaredMethods())
			.anyMatch((candidate) -> candidate.getName().equals(method)) ? Mistaken.class : Guarded.class;
		return assertThatExceptionOfType(InvalidPolicyException.class)
			.isThrownBy(() -> policies(NOTHING, Map.of()).of(method(type, method)))
			.actual()
			.getMistakes()
			.get(0);
	}

	private String key(String method, Object argument) {
		LeaseRequest request = policy(method).guard(invocation(method, argument)).requests().get(0);
		return assertThat(request).extracting((one) -> one.key().value(), InstanceOfAssertFactories.STRING).actual();
	}

	private LeasePolicy policy(String method) {
		return policies(NOTHING, Map.of()).of(method(method));
	}

	private LeasePolicies policies(LockSettings defaults, Map<String, LockSettings> overrides) {
		return new LeasePolicies(LeaseKind.LOCK, "weir:", defaults, overrides, this.beans::resolveEmbeddedValue,
				this.beans);
	}

	private static Invocation invocation(String method, Object argument) {
		return new Invocation(method(method), new Guarded(), Guarded.class, new Object[] { argument });
	}

	private static Method method(String name) {
		return method(Guarded.class, name);
	}

	private static Method method(Class<?> type, String name) {
		return Arrays.stream(type.getDeclaredMethods())
			.filter((method) -> method.getName().equals(name))
			.findFirst()
			.orElseThrow();
	}

	static class Guarded {

		public String name = "root";

		@DistributedLock(name = "order", key = "#id")
		void keyed(String id) {
		}

		@DistributedLock("all")
		void wholeName(String id) {
		}

		@DistributedLock
		void unnamed(String id) {
		}

		@DistributedLock(name = "positional", key = "#p0")
		void positional(String id) {
		}

		@DistributedLock(name = "digest", key = "#md5(#id + ':x')")
		void digest(String id) {
		}

		@DistributedLock(name = "root", key = "#root.target.name + '/' + #root.args[0]")
		void root(String id) {
		}

		@DistributedLock(name = "bean", key = "@region")
		void bean(String id) {
		}

		@DistributedLock(name = "${name}", timeout = "${limit}")
		void placeholders(String id) {
		}

		@DistributedLock(name = "a", timeout = "1m")
		void waitsAsLongAsItHolds(String id) {
		}

		@DistributedLock(name = "b", timeout = "PT60S", waitTime = "500", onUnavailable = OnUnavailable.LOCAL)
		void waitsLess(String id) {
		}

		@DistributedLock(name = "c", timeout = "60s", waitTime = "0")
		void doesNotWait(String id) {
		}

		@DistributedLock(name = "d", condition = "#id == 'yes'")
		void conditional(String id) {
		}

		@DistributedLock(name = "e", condition = "null")
		void nullCondition(String id) {
		}

		@Composed(key = "#id")
		void composed(String id) {
		}

		@DistributedLock(name = "order:{eu}", key = "#id")
		void tagged(String id) {
		}

		@DistributedLock(name = "object", key = "#value")
		void object(Object value) {
		}

	}

	static class Limited {

		@Semaphore(name = "fixed", limit = 3)
		void fixed(String id) {
		}

		@Semaphore(name = "plan", limitExpression = "#id.length()")
		void plan(String id) {
		}

	}

	static class MistakenSemaphore {

		@Semaphore("none")
		void none(String id) {
		}

		@Semaphore(name = "negative", limit = -1)
		void negative(String id) {
		}

		@Semaphore(name = "two", limit = 3, limitExpression = "#id")
		void twoLimits(String id) {
		}

		@Semaphore(name = "wrong", limitExpression = "#nope")
		void wrongExpression(String id) {
		}

	}

	record Order(int id, Customer customer) {

	}

	public static class Customer {

		public String getName() {
			return "name";
		}

		public String getEMail() {
			return "mail";
		}

	}

	/**
	 * Properties that an expression may use, although not all declared types have them.
	 */
	static class Flexible {

		@DistributedLock(name = "a", key = "#order.id + #order.Customer.name + #map.anything + #object.colour")
		void known(Order order, Map<String, String> map, Object object) {
		}

		@DistributedLock(name = "b", key = "#customer.colour + #customer.getName().length() + #array.length")
		void maybe(Customer customer, int[] array) {
		}

		@DistributedLock(name = "d", key = "#optional?.id + #type.name + #order.class.simpleName")
		void ofTheJdk(Optional<Order> optional, Class<?> type, Order order) {
		}

		@DistributedLock(name = "e", key = "#customer.nmae + #customer.eMail + #customer.EMail")
		void similar(Customer customer) {
		}

		@DistributedLock(name = "f",
				key = "#map[id] + #orders.![id] + #orders.?[id > 1] + args[0] + method.name + #root.target + #this.args")
		void names(Map<String, String> map, List<Order> orders) {
		}

		@DistributedLock(name = "c", key = "#object.colour")
		void none(Object object) {
		}

	}

	static class Mistaken {

		@DistributedLock(key = "#txet")
		void wrongVariable(String text, String model) {
		}

		@DistributedLock(key = "#txet", timeout = "-1s", waitTime = "later")
		void several(String text) {
		}

		@DistributedLock(key = "#id")
		void noParameters() {
		}

		@DistributedLock(key = "#order.idd")
		void typo(Order order) {
		}

		@DistributedLock(key = "order.id")
		void forgotten(Order order) {
		}

		@DistributedLock(key = "#md5(order)")
		void forgottenInCall(Order order) {
		}

		@DistributedLock(key = "all")
		void noText() {
		}

		@DistributedLock(key = "#order.colour")
		void unknownProperty(Order order) {
		}

		@DistributedLock(key = "#p1")
		void wrongPosition(String id) {
		}

		@DistributedLock(key = "#md5(#text + #nope)")
		void nestedVariable(String text) {
		}

		@DistributedLock(key = "#md6(#id)")
		void wrongFunction(String id) {
		}

		@DistributedLock(key = "order 7")
		void noExpression(String id) {
		}

		@DistributedLock(condition = "#nope")
		void wrongCondition(String id) {
		}

		@DistributedLock(timeout = "soon")
		void badDuration(String id) {
		}

		@DistributedLock(timeout = "-1s")
		void negative(String id) {
		}

		@DistributedLock(timeout = "0")
		void zero(String id) {
		}

		@DistributedLock(waitTime = "-1s")
		void negativeWait(String id) {
		}

		@DistributedLock(name = "a b")
		void blankInName(String id) {
		}

		@DistributedLock(name = "order:{42")
		void strayBrace(String id) {
		}

		@DistributedLock(name = "{a}{b}")
		void twoTags(String id) {
		}

		@DistributedLock(onUnavailable = { OnUnavailable.FAIL, OnUnavailable.LOCAL })
		void twoValues(String id) {
		}

		@DistributedLock(key = "#id", keys = "#id")
		void keyAndKeys(String id) {
		}

		@DistributedLock(keys = "#id", fenced = true)
		void fencedKeys(String id) {
		}

		@DistributedLock(keys = " ")
		void emptyKeys(String id) {
		}

		@DistributedLock(keys = "#nope")
		void wrongKeys(String id) {
		}

		@DistributedLock(fallback = "nowhere")
		String noFallback(String id) {
			return id;
		}

		@DistributedLock(fallback = "misfit")
		String wrongFallback(String id) {
			return id;
		}

		Integer misfit(String id, LeaseException ex) {
			return 1;
		}

	}

	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@DistributedLock(name = "composed", timeout = "3s")
	@interface Composed {

		@AliasFor(annotation = DistributedLock.class)
		String key();

	}

}
