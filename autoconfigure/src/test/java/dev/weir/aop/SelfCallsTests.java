package dev.weir.aop;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SelfCalls}.
 */
class SelfCallsTests {

	@Test
	void findsCallsOnThis() {
		assertThat(find(Calling.class)).containsExactlyInAnyOrder("plain calls guarded", "withArguments calls guarded",
				"inALambda calls guarded", "byReference calls simple", "afterABranch calls guarded");
	}

	@Test
	void ignoresCallsThroughTheBean() {
		assertThat(find(Injected.class)).isEmpty();
	}

	@Test
	void findsCallsOfInheritedMethods() {
		assertThat(SelfCalls.find(Sub.class, guarded(Base.class))).containsExactly("run calls guarded");
	}

	@Test
	void ignoresCallsOfSuper() {
		assertThat(SelfCalls.find(Overriding.class, guarded(Overriding.class))).containsExactly("run calls guarded");
	}

	@Test
	void findsNothingInAClassWithoutReadableCode() {
		Supplier<String> lambda = () -> "";
		assertThat(SelfCalls.find(lambda.getClass(), List.of(lambda.getClass().getDeclaredMethods()))).isEmpty();
	}

	@Test
	void callsOnOtherObjectsOfTheClassAreNotFound() {
		assertThat(find(Others.class)).isEmpty();
	}

	private static Set<String> find(Class<?> type) {
		return SelfCalls.find(type, guarded(type));
	}

	private static List<Method> guarded(Class<?> type) {
		return Stream.of(type.getDeclaredMethods())
			.filter((method) -> method.getName().equals("guarded") || method.getName().equals("simple"))
			.toList();
	}

	static class Calling {

		private long count;

		String guarded(String text, long number, Object more) {
			return text;
		}

		void simple() {
		}

		String plain() {
			return guarded("text", 1L, null);
		}

		String withArguments(String text) {
			return "x" + guarded(text.trim(), this.count, new Object[] { text });
		}

		Supplier<String> inALambda() {
			return () -> guarded("text", 1L, "more");
		}

		Runnable byReference() {
			return this::simple;
		}

		void afterABranch(boolean flag) {
			if (flag) {
				guarded("text", 2L, this);
			}
		}

		static void ofAnother(Calling other) {
			other.simple();
		}

		void notGuarded() {
			ofAnother(this);
		}

	}

	static class Injected {

		private Injected self;

		private Supplier<Injected> provider;

		void guarded() {
		}

		void run(Injected other) {
			this.self.guarded();
			this.provider.get().guarded();
			other.guarded();
			Runnable later = this.self::guarded;
			later.run();
		}

	}

	static class Others {

		private final Others[] array = {};

		void guarded() {
		}

		void onAnElement() {
			this.array[0].guarded();
		}

		void byUnboundReference(Iterable<Others> others) {
			others.forEach(Others::guarded);
		}

	}

	static class Base {

		void guarded() {
		}

	}

	static class Sub extends Base {

		void run() {
			guarded();
		}

	}

	static class Overriding extends Base {

		@Override
		void guarded() {
			super.guarded();
			Runnable again = super::guarded;
			again.run();
		}

		void run() {
			guarded();
		}

	}

}
