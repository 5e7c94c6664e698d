package dev.weir.sample;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;

import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that no regular expression of Weir and of the sample takes longer than in
 * proportion to the length of its input. The test counts the characters that the matcher
 * reads, so it does not depend on the speed of the machine.
 */
class HostilePatternTests {

	private static final int SHORT = 8 * 1024;

	private static final int LONG = 64 * 1024;

	/**
	 * How often a matcher may read each character. A pattern that backtracks needs more.
	 */
	private static final int READS = 100;

	/**
	 * Parts of addresses, durations, cursors, messages and errors, and other characters.
	 */
	private static final List<String> PARTS = List.of(" ", "\t", "\n", "a", "Z", "1", ":", "::", "1:", "a:", ".", "1.",
			"255.", "/", "-", "_", "%", "[", "]", "{", "}", "{a", "\"", "'", "@", "=", "&", "a=1&", ",", ", ", "ERR ",
			"ERR -", "@user_script: 1: -", "v=1.", "v=", "jvm-1-", ". ", "! ", "a ", "\u0000", "\u00e9", "\ud83d\ude00",
			"\ud800");

	private static final List<String> ENDINGS = List.of("", "!", "\n", "x:");

	private static final List<String> BEGINNINGS = List.of("", "[", "1", "ERR Error running script", "@user_script:",
			"v=1", "jvm-1-1-");

	@Test
	void noPatternReadsACharacterManyTimes() throws Exception {
		Map<String, Pattern> patterns = patterns();
		assertThat(patterns.keySet()).hasSizeGreaterThan(20)
			.anyMatch((name) -> name.contains("ClientAddress"))
			.anyMatch((name) -> name.contains("RedisProcess"))
			.anyMatch((name) -> name.contains("Document"));
		List<String> slow = new ArrayList<>();
		patterns.forEach((name, pattern) -> {
			String hostile = hostile(pattern);
			if (!hostile.isEmpty()) {
				slow.add(name + " = " + pattern + ": " + hostile);
			}
		});
		assertThat(slow).isEmpty();
	}

	@Test
	void detectsPatternsThatBacktrack() {
		assertThat(
				List.of("(a+)+!", "(?:[0-9a-f]*:)*[0-9a-f]*", "\\s+x", "(.*):(.*):y", "[,.]?\\s+(channel|command): "))
			.allSatisfy((pattern) -> assertThat(hostile(Pattern.compile(pattern))).isNotEmpty());
	}

	/**
	 * The other tests find patterns in static fields only. A pattern that is compiled for
	 * each call is slow, too.
	 */
	@Test
	void allPatternsAreStaticFields() throws Exception {
		List<String> others = new ArrayList<>();
		for (Resource type : types()) {
			try (InputStream bytes = type.getInputStream()) {
				new ClassReader(bytes).accept(new PatternCalls(others), ClassReader.SKIP_DEBUG);
			}
		}
		assertThat(others).isEmpty();
	}

	private static String hostile(Pattern pattern) {
		for (String part : PARTS) {
			if (isHostile(pattern, "", part, "!", LONG)) {
				return "\"" + part.repeat(3) + "…!\"";
			}
			for (String beginning : BEGINNINGS) {
				for (String ending : ENDINGS) {
					if (isHostile(pattern, beginning, part, ending, SHORT)) {
						return "\"" + beginning + part.repeat(3) + "…" + ending + "\"";
					}
				}
			}
		}
		return "";
	}

	private static boolean isHostile(Pattern pattern, String beginning, String part, String ending, int length) {
		String text = beginning + part.repeat(length / part.length()) + ending;
		try {
			boolean matches = pattern.matcher(new CountedText(text)).matches();
			boolean finds = pattern.matcher(new CountedText(text)).find();
			return matches && !finds;
		}
		catch (TooManyReadsException | StackOverflowError ex) {
			return true;
		}
	}

	private static Map<String, Pattern> patterns() throws Exception {
		Map<String, Pattern> patterns = new LinkedHashMap<>();
		for (Resource resource : types()) {
			String path = resource.getURL().toString();
			String name = path.substring(path.lastIndexOf("dev/weir/")).replace('/', '.').replace(".class", "");
			for (Field field : fields(name)) {
				jakarta.validation.constraints.Pattern checked = field
					.getAnnotation(jakarta.validation.constraints.Pattern.class);
				if (checked != null) {
					patterns.put(name + "." + field.getName(), Pattern.compile(checked.regexp()));
				}
				if (field.getType() == Pattern.class && Modifier.isStatic(field.getModifiers())) {
					field.setAccessible(true);
					patterns.put(name + "." + field.getName(), (Pattern) field.get(null));
				}
			}
		}
		return patterns;
	}

	private static List<Field> fields(String type) throws ClassNotFoundException {
		try {
			return List.of(Class.forName(type, false, HostilePatternTests.class.getClassLoader()).getDeclaredFields());
		}
		catch (NoClassDefFoundError ex) {
			// The class needs an optional library.
			return List.of();
		}
	}

	private static List<Resource> types() throws IOException {
		List<Resource> types = new ArrayList<>();
		for (Resource resource : new PathMatchingResourcePatternResolver()
			.getResources("classpath*:dev/weir/**/*.class")) {
			if (!resource.getURL().getPath().contains("/test-classes/")) {
				types.add(resource);
			}
		}
		return types;
	}

	/**
	 * Finds the calls that compile a regular expression outside of static fields.
	 */
	private static final class PatternCalls extends ClassVisitor {

		private final List<String> found;

		private String type = "";

		private PatternCalls(List<String> found) {
			super(SpringAsmInfo.ASM_VERSION);
			this.found = found;
		}

		@Override
		public void visit(int version, int access, String name, String signature, String superName,
				String[] interfaces) {
			this.type = name;
		}

		@Override
		public MethodVisitor visitMethod(int access, String method, String descriptor, String signature,
				String[] exceptions) {
			return method.equals("<clinit>") ? null : new MethodVisitor(SpringAsmInfo.ASM_VERSION) {

				@Override
				public void visitMethodInsn(int opcode, String owner, String name, String arguments,
						boolean isInterface) {
					if (compiles(owner, name)) {
						PatternCalls.this.found.add(PatternCalls.this.type + "." + method);
					}
				}

			};
		}

		private static boolean compiles(String owner, String name) {
			return (owner.equals("java/lang/String") && Set.of("matches", "replaceAll", "replaceFirst").contains(name))
					|| (owner.equals("java/util/regex/Pattern") && Set.of("compile", "matches").contains(name));
		}

	}

	/**
	 * A text that counts how many characters are read.
	 */
	private static final class CountedText implements CharSequence {

		private final String text;

		private long reads;

		private CountedText(String text) {
			this.text = text;
		}

		@Override
		public int length() {
			return this.text.length();
		}

		@Override
		public char charAt(int index) {
			this.reads++;
			if (this.reads > READS * (long) this.text.length()) {
				throw new TooManyReadsException();
			}
			return this.text.charAt(index);
		}

		@Override
		public CharSequence subSequence(int start, int end) {
			return this.text.substring(start, end);
		}

		@Override
		public String toString() {
			return this.text;
		}

	}

	/**
	 * Ends a match that reads too many characters.
	 */
	private static final class TooManyReadsException extends RuntimeException {

		private TooManyReadsException() {
			super("Too many reads", null, false, false);
		}

	}

}
