package dev.weir.aop;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.Handle;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.asm.Type;
import org.springframework.util.ClassUtils;

/**
 * Finds methods that call a guarded method of their own object. Such a call bypasses the
 * proxy, so it is not guarded. The search skips methods whose code can use another object
 * of the class: a field, an argument, a result or a cast of its type. In the other
 * methods the call can only be a call on {@code this}.
 */
final class SelfCalls extends ClassVisitor {

	private final Set<String> own;

	private final Set<String> guarded;

	private final Set<String> found;

	private SelfCalls(Set<String> own, Set<String> guarded, Set<String> found) {
		super(SpringAsmInfo.ASM_VERSION);
		this.own = own;
		this.guarded = guarded;
		this.found = found;
	}

	/**
	 * Finds the calls.
	 * @param type the class of a bean
	 * @param guarded its guarded methods
	 * @return the calls as text, such as {@code save calls create}
	 */
	static Set<String> find(Class<?> type, Collection<Method> guarded) {
		Set<String> signatures = new HashSet<>();
		guarded.forEach((method) -> signatures.add(method.getName() + Type.getMethodDescriptor(method)));
		Set<String> own = new HashSet<>();
		Set<String> found = new LinkedHashSet<>();
		for (Class<?> part = type; part != null && part != Object.class; part = part.getSuperclass()) {
			own.add(Type.getInternalName(part));
		}
		for (Class<?> part = type; part != null && part != Object.class; part = part.getSuperclass()) {
			try (InputStream code = part.getResourceAsStream(ClassUtils.getClassFileName(part))) {
				if (code != null) {
					new ClassReader(code).accept(new SelfCalls(own, signatures, found), ClassReader.SKIP_DEBUG);
				}
			}
			catch (IOException | RuntimeException ex) {
				// The class cannot be read, or its format is newer than this reader, so
				// there is no warning.
				continue;
			}
		}
		return found;
	}

	@Override
	public @Nullable MethodVisitor visitMethod(int access, String name, String descriptor, @Nullable String signature,
			String @Nullable [] exceptions) {
		boolean otherObject = Stream.of(Type.getArgumentTypes(descriptor)).anyMatch(this::isOwn);
		boolean skipped = (access & (Opcodes.ACC_STATIC | Opcodes.ACC_BRIDGE)) != 0;
		// The compiler names the code of a lambda lambda$<method>$<number>.
		return (skipped || otherObject) ? null : new Calls(
				name.startsWith("lambda$") ? name.substring("lambda$".length(), name.lastIndexOf('$')) : name);
	}

	private boolean isOwn(Type type) {
		Type element = (type.getSort() == Type.ARRAY) ? type.getElementType() : type;
		return element.getSort() == Type.OBJECT && this.own.contains(element.getInternalName());
	}

	/**
	 * Reads the code of one method.
	 */
	private final class Calls extends MethodVisitor {

		private final String caller;

		private final Set<String> calls = new LinkedHashSet<>();

		private boolean otherObject;

		private Calls(String caller) {
			super(SpringAsmInfo.ASM_VERSION);
			this.caller = caller;
		}

		@Override
		public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean onInterface) {
			this.otherObject |= isOwn(Type.getReturnType(descriptor));
			// A call of super continues a call of the overriding method.
			if (opcode == Opcodes.INVOKEVIRTUAL) {
				called(owner, name, descriptor);
			}
		}

		@Override
		public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
			// this::method captures this. Type::method captures nothing, and is called on
			// another object.
			if (Stream.of(Type.getArgumentTypes(descriptor)).noneMatch(SelfCalls.this::isOwn)) {
				return;
			}
			for (Object argument : arguments) {
				if (argument instanceof Handle reference && reference.getTag() == Opcodes.H_INVOKEVIRTUAL) {
					called(reference.getOwner(), reference.getName(), reference.getDesc());
				}
			}
		}

		private void called(String owner, String name, String descriptor) {
			if (SelfCalls.this.own.contains(owner) && SelfCalls.this.guarded.contains(name + descriptor)) {
				this.calls.add(this.caller + " calls " + name);
			}
		}

		@Override
		public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
			this.otherObject |= isOwn(Type.getType(descriptor));
		}

		@Override
		public void visitTypeInsn(int opcode, String type) {
			this.otherObject |= SelfCalls.this.own.contains(type);
		}

		@Override
		public void visitEnd() {
			if (!this.otherObject) {
				SelfCalls.this.found.addAll(this.calls);
			}
		}

	}

}
