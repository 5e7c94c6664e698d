package dev.weir.test;

import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationContext;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestExecutionListener;
import org.springframework.test.context.support.AbstractTestExecutionListener;

/**
 * {@link TestExecutionListener} that gives {@link WeirAssertions} the {@link TestWeir} of
 * the current test, and cleans up after each test.
 */
class WeirTestExecutionListener extends AbstractTestExecutionListener {

	private static final ThreadLocal<@Nullable TestWeir> current = new ThreadLocal<>();

	@Override
	public void beforeTestMethod(TestContext testContext) {
		if (testContext.hasApplicationContext()) {
			ApplicationContext context = testContext.getApplicationContext();
			TestWeir weir = context.getBeanProvider(TestWeir.class).getIfAvailable();
			if (weir != null) {
				current.set(weir);
			}
		}
	}

	@Override
	public void afterTestMethod(TestContext testContext) {
		TestWeir weir = current.get();
		current.remove();
		if (weir != null) {
			weir.reset();
		}
	}

	static TestWeir current() {
		TestWeir weir = current.get();
		if (weir == null) {
			throw new IllegalStateException("No test with @AutoConfigureWeir runs on this thread. On another thread, "
					+ "or without Spring's test context, pass the bean of type TestWeir to the assertion");
		}
		return weir;
	}

}
