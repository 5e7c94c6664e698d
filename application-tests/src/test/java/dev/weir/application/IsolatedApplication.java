package dev.weir.application;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.springframework.util.ClassUtils;

/**
 * Runs a method of {@link TestApplication} on a separate class path.
 *
 * @param <T> the type of the result, a type of the JDK
 * @param result the return value of the method
 * @param warnings the log lines with level WARN or ERROR
 */
record IsolatedApplication<T>(T result, List<String> warnings) {

	private static final String[] ARGUMENTS = { "--server.port=0", "--server.address=127.0.0.1",
			"--spring.main.banner-mode=off", "--spring.jpa.open-in-view=false", "--spring.security.user.password=fixed",
			"--spring.output.ansi.enabled=never", "--logging.pattern.console=%level %logger{0}: %msg%n" };

	@SuppressWarnings("unchecked")
	static <T> IsolatedApplication<T> run(List<Path> classPath, String method, List<String> parameters,
			String... properties) throws Exception {
		List<Path> all = new ArrayList<>(classPath);
		all.add(Path.of(TestApplication.class.getProtectionDomain().getCodeSource().getLocation().toURI()));
		URL[] urls = new URL[all.size()];
		for (int i = 0; i < urls.length; i++) {
			urls[i] = all.get(i).toUri().toURL();
		}
		String[] arguments = Stream.concat(Arrays.stream(ARGUMENTS), Arrays.stream(properties)).toArray(String[]::new);
		PrintStream out = System.out;
		ClassLoader before = Thread.currentThread().getContextClassLoader();
		ByteArrayOutputStream output = new ByteArrayOutputStream();
		try (URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
				PrintStream captured = new PrintStream(output, true, StandardCharsets.UTF_8)) {
			System.setOut(captured);
			Thread.currentThread().setContextClassLoader(loader);
			disableTomcatUrlHandlers(loader);
			Class<?> application = loader.loadClass(TestApplication.class.getName());
			Object[] values = Stream.concat(parameters.stream(), Stream.of((Object) arguments)).toArray();
			Class<?>[] types = Arrays.stream(values).map(Object::getClass).toArray(Class<?>[]::new);
			return new IsolatedApplication<>((T) application.getMethod(method, types).invoke(null, values),
					warnings(output));
		}
		catch (InvocationTargetException ex) {
			throw new IllegalStateException("The application failed: " + output.toString(StandardCharsets.UTF_8),
					ex.getCause());
		}
		finally {
			System.setOut(out);
			Thread.currentThread().setContextClassLoader(before);
		}
	}

	/**
	 * Prevents Tomcat from registering its URL handlers for the whole JVM, because a JVM
	 * accepts only one registration.
	 * @param loader the class path of the application
	 */
	private static void disableTomcatUrlHandlers(ClassLoader loader) throws ReflectiveOperationException {
		String factory = "org.apache.catalina.webresources.TomcatURLStreamHandlerFactory";
		if (ClassUtils.isPresent(factory, loader)) {
			loader.loadClass(factory).getMethod("disable").invoke(null);
		}
	}

	private static List<String> warnings(ByteArrayOutputStream output) {
		return output.toString(StandardCharsets.UTF_8)
			.lines()
			.filter((line) -> line.startsWith("WARN ") || line.startsWith("ERROR "))
			.toList();
	}

}
