package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.Semaphore;
import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.OnLost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for the mistakes that {@link LeasePolicies} finds in annotations.
 */
class LeasePolicyMistakesTests {

	private static final LockSettings DEFAULTS = new LockSettings(true, null, null, Duration.ofSeconds(10),
			OnUnavailable.FAIL, OnLost.FAIL, null, null);

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = {
			"wrongVariable|key = \"#txet\"|#txet is not a parameter|Use one of: #text, #model",
			"noParameters|key = \"#id\"|#id is not a parameter|Remove it: the method has no parameters",
			"wrongPosition|key = \"#p1\"|#p1 is not a parameter|Use one of: #id",
			"nestedVariable|key = \"#md5(#text + #nope)\"|#nope is not a parameter|Use one of: #text",
			"wrongFunction|key = \"#md6(#id)\"|the function #md6(…) is not known|#md5(…) or #sha256(…)",
			"noExpression|key = \"order 7\"|this is not a SpEL expression|A literal text needs quotes",
			"wrongCondition|condition = \"#nope\"|#nope is not a parameter|Use one of: #id",
			"badDuration|timeout = \"soon\"|is not a duration|such as \"500ms\"",
			"negative|timeout = \"-1s\"|at least 1ms|Use a positive duration such as \"60s\"",
			"zero|timeout = \"0\"|at least 1ms|Use a positive duration such as \"60s\"",
			"negativeWait|waitTime = \"-1s\"|the wait time is negative|Use \"0\" to not wait",
			"negativeAtLeast|atLeast = \"-1s\"|the time is negative|Use a positive duration such as \"30s\"",
			"atLeastTooLong|atLeast|the lock is lost after its timeout of PT10S, and cannot be kept for PT30S|Set atLeast to the timeout",
			"blankInName|name = \"a b\"|cannot begin a key|Use no blanks",
			"strayBrace|name = \"order:{42\"|cannot begin a key|one complete hash tag",
			"twoTags|name = \"{a}{b}\"|cannot begin a key|one complete hash tag",
			"keyAndKeys|keys = \"#id\"|there is a key as well|Use key for one key",
			"fencedKeys|keys = \"#id\"|cannot be fenced|Remove fenced",
			"fencedHere|fenced|a lease of this JVM only has no fencing token|Set onUnavailable to FAIL or PROCEED",
			"emptyKeys|keys = \" \"|an expression is empty|Remove it",
			"wrongKeys|keys = \"#nope\"|#nope is not a parameter|Use one of: #id",
			"typo|key = \"#order.idd\"|Order has no property 'idd'|Did you mean 'id'?",
			"forgotten|key = \"order.id\"|order' is not a property of the call|Did you mean '#order'?",
			"forgottenInCall|key = \"#md5(order)\"|order' is not a property of the call|Did you mean '#order'?",
			"noText|key = \"all\"|all' is not a property of the call|a literal text in quotes of its own",
			"unknownProperty|key = \"#order.colour\"|Order has no property 'colour'|Use one of: [customer, ",
			"unknownOfRoot|key = \"#root.methodName\"|Invocation has no property 'methodName'|Use one of: [args, ",
			"unknownBean|key = \"@tenannts.current()\"|there is no bean 'tenannts'|Did you mean '@tenants",
			"unknownMethodOfBean|key = \"@tenants.currrent()\"|currrent' is not a method of|Did you mean 'current'?",
			"unknownMethod|key = \"order()\"|order' is not a method of the call|Correct the expression",
			"expressionInName|name = \"order:#{#id}\"|a name is a literal text|the attribute 'key'",
			"noFallback|fallback = \"nowhere\"|the class has no such method|Declare String nowhere(String, LeaseException)",
			"wrongFallback|fallback = \"misfit\"|the wrong parameters|Declare String misfit(String, LeaseException)",
			"twoValues|onUnavailable = \"[FAIL, LOCAL]\"|only one value|Remove the others" })
	void aMistakeNamesMethodAttributeValueAndCure(String method, String attribute, String problem, String cure) {
		PolicyMistake mistake = mistakes(LeaseKind.LOCK, Mistaken.class, method).get(0);
		assertThat(mistake.location()).isEqualTo(Mistaken.class.getName() + "." + method);
		assertThat(mistake.attribute()).isEqualTo(attribute);
		assertThat(mistake.problem()).contains(problem);
		assertThat(mistake.cure()).contains(cure);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "none|limit|the limit is missing|Set limit to at least 1, or limitExpression",
					"negative|limit = \"-1\"|needs a limit of at least 1|Set limit to at least 1, or limitExpression",
					"twoLimits|limitExpression = \"#id\"|there is a limit of 3 as well|Remove one of the two",
					"wrongExpression|limitExpression = \"#nope\"|#nope is not a parameter|Use one of: #id" })
	void aMistakeInALimitNamesValueAndCure(String method, String attribute, String problem, String cure) {
		PolicyMistake mistake = mistakes(LeaseKind.SEMAPHORE, MistakenSemaphore.class, method).get(0);
		assertThat(mistake.attribute()).isEqualTo(attribute);
		assertThat(mistake.problem()).contains(problem);
		assertThat(mistake.cure()).contains(cure);
	}

	@Test
	void anUnresolvablePlaceholderNamesTheAttribute() {
		this.beans.addEmbeddedValueResolver((text) -> {
			throw new IllegalArgumentException("Could not resolve placeholder 'limit'");
		});
		assertThat(mistakes(LeaseKind.LOCK, Mistaken.class, "placeholders").get(0).attribute()).contains("${");
	}

	@Test
	void findsAllMistakesOfAnAnnotationAtOnce() {
		assertThat(mistakes(LeaseKind.LOCK, Mistaken.class, "several")).extracting(PolicyMistake::attribute)
			.containsExactly("key = \"#txet\"", "timeout = \"-1s\"", "waitTime = \"later\"");
	}

	private List<PolicyMistake> mistakes(LeaseKind kind, Class<?> type, String method) {
		if (!this.beans.containsBean("tenants")) {
			this.beans.registerBeanDefinition("tenants", new RootBeanDefinition(Tenants.class));
		}
		LeasePolicies policies = new LeasePolicies(kind, "weir:", DEFAULTS, Map.of(), new LeaseNames(), new WaitRooms(),
				this.beans::resolveEmbeddedValue, this.beans);
		return assertThatExceptionOfType(InvalidPolicyException.class)
			.isThrownBy(() -> policies.of(method(type, method)))
			.actual()
			.getMistakes();
	}

	private static Method method(Class<?> type, String name) {
		return Arrays.stream(type.getDeclaredMethods())
			.filter((method) -> method.getName().equals(name))
			.findFirst()
			.orElseThrow();
	}

	public static final class Tenants {

		public String current() {
			return "current";
		}

	}

	record Order(int id, String customer) {

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

		@DistributedLock(key = "#root.methodName")
		void unknownOfRoot() {
		}

		@DistributedLock(key = "@tenannts.current()")
		void unknownBean() {
		}

		@DistributedLock(key = "@tenants.currrent()")
		void unknownMethodOfBean() {
		}

		@DistributedLock(key = "order()")
		void unknownMethod(Order order) {
		}

		@DistributedLock(name = "order:#{#id}")
		void expressionInName(String id) {
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

		@DistributedLock(atLeast = "-1s")
		void negativeAtLeast(String id) {
		}

		@DistributedLock(timeout = "10s", atLeast = "30s")
		void atLeastTooLong(String id) {
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

		@DistributedLock(fenced = true, onUnavailable = OnUnavailable.LOCAL)
		void fencedHere(String id) {
		}

		@DistributedLock(keys = " ")
		void emptyKeys(String id) {
		}

		@DistributedLock(keys = "#nope")
		void wrongKeys(String id) {
		}

		@DistributedLock(name = "${name}", timeout = "${limit}")
		void placeholders(String id) {
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

}
