package dev.weir.aop;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.stream.Stream;

import dev.weir.annotation.DistributedLock;
import dev.weir.annotation.RateLimited;
import dev.weir.annotation.RedisTransactional;
import dev.weir.annotation.Semaphore;
import dev.weir.aop.other.Placed;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

import org.springframework.asm.AnnotationVisitor;
import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.ClassWriter;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.asm.Type;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Plays all cases of {@link GuardPlacementTests} with the other annotations. A class
 * loader of its own loads the cases with another annotation in place of
 * {@link DistributedLock}.
 */
@Tag("long")
class OtherGuardPlacementTests {

	@TestFactory
	Stream<DynamicTest> semaphores() throws ReflectiveOperationException {
		return cases(Semaphore.class);
	}

	@TestFactory
	Stream<DynamicTest> rateLimits() throws ReflectiveOperationException {
		return cases(RateLimited.class);
	}

	@TestFactory
	Stream<DynamicTest> transactions() throws ReflectiveOperationException {
		return cases(RedisTransactional.class);
	}

	private static Stream<DynamicTest> cases(Class<?> annotation) throws ReflectiveOperationException {
		ClassLoader loader = new PlacingLoader(annotation);
		assertThat(loader.loadClass(Placed.class.getName()).getAnnotations())
			.anyMatch((placed) -> placed.annotationType() == annotation);
		Class<?> tests = loader.loadClass(GuardPlacementTests.class.getName());
		return Stream.concat(cases(tests, "holds"), cases(tests, "fails"));
	}

	private static Stream<DynamicTest> cases(Class<?> tests, String outcome) throws ReflectiveOperationException {
		Object test = accessible(tests.getDeclaredConstructor()).newInstance();
		Method clear = accessible(tests.getDeclaredMethod("clear"));
		Class<?> type = Stream.of(tests.getDeclaredClasses())
			.filter((nested) -> nested.getSimpleName().equals("Case"))
			.findFirst()
			.orElseThrow();
		Method play = accessible(tests.getDeclaredMethod(outcome, type));
		Stream<?> cases = (Stream<?>) accessible(tests.getDeclaredMethod(outcome)).invoke(null);
		return cases.map((placement) -> DynamicTest.dynamicTest(outcome + ": " + placement, () -> {
			Thread thread = Thread.currentThread();
			ClassLoader before = thread.getContextClassLoader();
			thread.setContextClassLoader(tests.getClassLoader());
			try {
				clear.invoke(test);
				play.invoke(test, placement);
			}
			catch (InvocationTargetException ex) {
				throw ex.getCause();
			}
			finally {
				thread.setContextClassLoader(before);
			}
		}));
	}

	private static <A extends AccessibleObject> A accessible(A member) {
		member.setAccessible(true);
		return member;
	}

	/**
	 * Loads the cases anew, with another annotation.
	 */
	private static final class PlacingLoader extends ClassLoader {

		private static final String PLACED = Placed.class.getName();

		private final Class<?> annotation;

		private PlacingLoader(Class<?> annotation) {
			super(PlacingLoader.class.getClassLoader());
			this.annotation = annotation;
		}

		@Override
		protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
			if (!name.startsWith(GuardPlacementTests.class.getName())
					&& !name.startsWith(Placed.class.getPackageName())) {
				return super.loadClass(name, resolve);
			}
			synchronized (getClassLoadingLock(name)) {
				Class<?> loaded = findLoadedClass(name);
				return (loaded != null) ? loaded : define(name);
			}
		}

		private Class<?> define(String name) throws ClassNotFoundException {
			try (InputStream file = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
				if (file == null) {
					throw new ClassNotFoundException(name);
				}
				byte[] code = file.readAllBytes();
				code = name.equals(PLACED) ? withOtherAnnotation(code) : code;
				return defineClass(name, code, 0, code.length);
			}
			catch (IOException ex) {
				throw new ClassNotFoundException(name, ex);
			}
		}

		private byte[] withOtherAnnotation(byte[] code) {
			ClassWriter writer = new ClassWriter(0);
			new ClassReader(code).accept(new ClassVisitor(SpringAsmInfo.ASM_VERSION, writer) {

				@Override
				public AnnotationVisitor visitAnnotation(String descriptor, boolean visible) {
					if (!descriptor.equals(Type.getDescriptor(DistributedLock.class))) {
						return super.visitAnnotation(descriptor, visible);
					}
					AnnotationVisitor other = super.visitAnnotation(Type.getDescriptor(PlacingLoader.this.annotation),
							visible);
					if (PlacingLoader.this.annotation != RedisTransactional.class) {
						other.visit("value", "placed");
					}
					other.visitEnd();
					return null;
				}

			}, 0);
			return writer.toByteArray();
		}

	}

}
