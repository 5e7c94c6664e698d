package dev.weir.redis;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The tests of a class use Lettuce instead of Redisson: those that use {@link TestRedis},
 * and those that start an application.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(OnLettuce.Extension.class)
public @interface OnLettuce {

	/**
	 * Sets the property of applications, which {@link TestClients} reads, too.
	 */
	class Extension implements BeforeAllCallback, AfterAllCallback {

		private static final String PROPERTY = "weir.redis.client";

		static boolean isActive() {
			return "lettuce".equals(System.getProperty(PROPERTY));
		}

		@Override
		public void beforeAll(ExtensionContext context) {
			System.setProperty(PROPERTY, "lettuce");
		}

		@Override
		public void afterAll(ExtensionContext context) {
			// Nested classes end before the class that encloses them.
			if (context.getRequiredTestClass().getEnclosingClass() == null) {
				System.clearProperty(PROPERTY);
			}
		}

	}

}
