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
import dev.weir.core.OnUnavailable;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.OnLost;
import dev.weir.policy.expression.Digests;
import dev.weir.policy.expression.Invocation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.core.annotation.AliasFor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for the names and the keys of {@link LeasePolicies}.
 */
class LeasePolicyKeyTests {

	private static final LockSettings DEFAULTS = new LockSettings(true, null, null, Duration.ofSeconds(10),
			OnUnavailable.FAIL, OnLost.FAIL, null, null);

	private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();

	@Test
	void buildsTheKeyFromPrefixNameAndExpression() {
		assertThat(key("keyed", "7")).isEqualTo("weir:order:7");
		assertThat(key("wholeName", "7")).isEqualTo("weir:all");
		assertThat(key("positional", "7")).isEqualTo("weir:positional:7");
		assertThat(key("digest", "7")).isEqualTo("weir:digest:" + Digests.md5("7:x"));
		assertThat(key("root", "7")).isEqualTo("weir:root:root/7");
	}

	@Test
	void theDefaultNameConsistsOfClassAndMethod() {
		LeasePolicy policy = policy(Guarded.class, "unnamed");
		assertThat(policy.name()).isEqualTo(Guarded.class.getName() + ".unnamed");
		assertThat(policy.purpose()).isEqualTo("Guarded.unnamed");
	}

	@Test
	void expressionsCanUseBeans() {
		this.beans.registerSingleton("region", "eu");
		assertThat(key("bean", "7")).isEqualTo("weir:bean:eu");
	}

	@Test
	void doesNotResolveAPlaceholderInAnArgument() {
		System.setProperty("weir.test.secret", "expanded");
		try {
			assertThat(key("keyed", "${weir.test.secret}")).isEqualTo("weir:order:$%7Bweir.test.secret%7D");
		}
		finally {
			System.clearProperty("weir.test.secret");
		}
	}

	@Test
	void aComposedAnnotationIsAPolicyToo() {
		assertThat(policy(Guarded.class, "composed").values().timeout().value()).isEqualTo(Duration.ofSeconds(3));
		assertThat(key("composed", "7")).isEqualTo("weir:composed:7");
	}

	@Test
	void theNameMayHoldOneHashTagAndTheValueCannotAddAnother() {
		assertThat(key("tagged", "{x}")).isEqualTo("weir:order:{eu}:%7Bx%7D");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-", value = { "-|is null", "' '|is blank" })
	void rejectsAValueWithoutText(String value, String problem) {
		assertThatIllegalStateException().isThrownBy(() -> key("keyed", value))
			.withMessageContaining(problem)
			.withMessageContaining("Guarded.keyed")
			.withMessageContaining("#id");
	}

	@Test
	void rejectsAValueThatDiffersInEachInstance() {
		assertThatIllegalStateException().isThrownBy(() -> key("object", new Object()))
			.withMessageContaining("differs in each instance");
		assertThatIllegalStateException().isThrownBy(() -> key("object", List.of(new Object())))
			.withMessageContaining("Guarded.object has no text of its own: it is or contains a java.lang.Object")
			.withMessageContaining("Use a property of the object");
		assertThat(key("object", (Object) new byte[] { 1 })).endsWith("[1]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "known", "maybe", "none", "ofTheJdk", "similar", "names" })
	void acceptsPropertiesThatAnObjectMayHave(String method) {
		assertThatNoException().isThrownBy(() -> policy(Flexible.class, method));
	}

	@Test
	void namesThePolicyWhenAnExpressionCannotBeEvaluated() {
		LeasePolicy policy = policy(Flexible.class, "none");
		Invocation call = new Invocation(method(Flexible.class, "none"), new Flexible(), Flexible.class,
				new Object[] { "text" });
		assertThatIllegalStateException().isThrownBy(() -> policy.guard(call))
			.withMessageContaining("The value of key = \"#object.colour\" of ")
			.withMessageContaining("Flexible.none cannot be evaluated: ")
			.withMessageContaining("'colour'");
	}

	private String key(String method, Object argument) {
		Invocation call = new Invocation(method(Guarded.class, method), new Guarded(), Guarded.class,
				new Object[] { argument });
		return policy(Guarded.class, method).guard(call).requests().get(0).key().value();
	}

	private LeasePolicy policy(Class<?> type, String method) {
		return new LeasePolicies(LeaseKind.LOCK, "weir:", DEFAULTS, Map.of(), new LeaseNames(), new WaitRooms(),
				this.beans::resolveEmbeddedValue, this.beans)
			.of(method(type, method));
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

	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@DistributedLock(name = "composed", timeout = "3s")
	@interface Composed {

		@AliasFor(annotation = DistributedLock.class)
		String key();

	}

}
