package dev.weir.aop;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.Handle;
import org.springframework.asm.Label;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.SpringAsmInfo;
import org.springframework.asm.Type;
import org.springframework.util.ClassUtils;

/**
 * Finds calls of guarded methods on {@code this}: they go past the proxy. Reads the code
 * of the class and follows {@code this} on the operand stack as far as that is simple;
 * what it finds is certain, but it does not find all. A call of {@code super} is none: it
 * continues a call of the method that overrides.
 */
final class SelfCalls {

	private final Set<String> owners = new HashSet<>();

	private final Set<String> guarded = new HashSet<>();

	private final Set<String> found = new LinkedHashSet<>();

	private SelfCalls() {
	}

	/**
	 * Looks for such calls.
	 * @param type the class of a bean
	 * @param guarded its guarded methods
	 * @return the calls as text, such as {@code save calls create}
	 */
	static Set<String> find(Class<?> type, Collection<Method> guarded) {
		SelfCalls calls = new SelfCalls();
		guarded.forEach((method) -> calls.guarded.add(method.getName() + Type.getMethodDescriptor(method)));
		for (Class<?> part = type; part != null && part != Object.class; part = part.getSuperclass()) {
			calls.owners.add(Type.getInternalName(part));
		}
		for (Class<?> part = type; part != null && part != Object.class; part = part.getSuperclass()) {
			calls.read(part);
		}
		return calls.found;
	}

	private void read(Class<?> type) {
		try (InputStream code = type.getResourceAsStream(ClassUtils.getClassFileName(type))) {
			if (code != null) {
				new ClassReader(code).accept(new Methods(Type.getInternalName(type)),
						ClassReader.SKIP_DEBUG | ClassReader.SKIP_FRAMES);
			}
		}
		catch (IOException | RuntimeException ex) {
			// A class that cannot be read, or is newer than this reader, calls nothing.
			return;
		}
	}

	/**
	 * Visits all methods of a class.
	 */
	private final class Methods extends ClassVisitor {

		private final String type;

		private Methods(String type) {
			super(SpringAsmInfo.ASM_VERSION);
			this.type = type;
		}

		@Override
		public @Nullable MethodVisitor visitMethod(int access, String name, String descriptor,
				@Nullable String signature, String @Nullable [] exceptions) {
			boolean hasThis = (access & (Opcodes.ACC_STATIC | Opcodes.ACC_BRIDGE)) == 0;
			return hasThis ? new Code(this.type, name) : null;
		}

	}

	/**
	 * Follows {@code this} through the code of one method. After an instruction that it
	 * does not know it knows nothing of the stack any more.
	 */
	private final class Code extends MethodVisitor {

		private final String type;

		private final String caller;

		/** The operand stack, by words: whether each is {@code this}. */
		private final Deque<Boolean> stack = new ArrayDeque<>();

		private Code(String type, String caller) {
			super(SpringAsmInfo.ASM_VERSION);
			this.type = type;
			this.caller = caller.startsWith("lambda$") ? caller.split("\\$")[1] : caller;
		}

		@Override
		public void visitVarInsn(int opcode, int variable) {
			switch (opcode) {
				case Opcodes.ALOAD -> this.stack.push(variable == 0);
				case Opcodes.ILOAD, Opcodes.FLOAD -> push(1);
				case Opcodes.LLOAD, Opcodes.DLOAD -> push(2);
				default -> this.stack.clear();
			}
		}

		@Override
		public void visitInsn(int opcode) {
			if (opcode == Opcodes.DUP && !this.stack.isEmpty()) {
				this.stack.push(this.stack.peek());
			}
			else if (opcode == Opcodes.LCONST_0 || opcode == Opcodes.LCONST_1 || opcode == Opcodes.DCONST_0
					|| opcode == Opcodes.DCONST_1) {
				push(2);
			}
			else if (opcode >= Opcodes.ACONST_NULL && opcode <= Opcodes.FCONST_2) {
				push(1);
			}
			else if (opcode >= Opcodes.IASTORE && opcode <= Opcodes.SASTORE) {
				// Arrays are made for variable arguments.
				pop((opcode == Opcodes.LASTORE || opcode == Opcodes.DASTORE) ? 4 : 3);
			}
			else {
				this.stack.clear();
			}
		}

		@Override
		public void visitIntInsn(int opcode, int operand) {
			if (opcode == Opcodes.NEWARRAY) {
				pop(1);
			}
			push(1);
		}

		@Override
		public void visitLdcInsn(Object value) {
			push((value instanceof Long || value instanceof Double) ? 2 : 1);
		}

		@Override
		public void visitTypeInsn(int opcode, String type) {
			if (opcode == Opcodes.NEW) {
				push(1);
			}
			else if (opcode != Opcodes.CHECKCAST) {
				pop(1);
				push(1);
			}
		}

		@Override
		public void visitFieldInsn(int opcode, String owner, String name, String descriptor) {
			int size = Type.getType(descriptor).getSize();
			switch (opcode) {
				case Opcodes.GETSTATIC -> push(size);
				case Opcodes.GETFIELD -> {
					pop(1);
					push(size);
				}
				default -> this.stack.clear();
			}
		}

		@Override
		public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
			popArguments(descriptor);
			boolean onThis = opcode != Opcodes.INVOKESTATIC && pop(1);
			if (onThis && (opcode != Opcodes.INVOKESPECIAL || owner.equals(this.type))) {
				called(owner, name, descriptor);
			}
			push(Type.getReturnType(descriptor).getSize());
		}

		@Override
		public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
			boolean capturesThis = popArguments(descriptor);
			for (Object argument : arguments) {
				if (capturesThis && argument instanceof Handle handle
						&& (handle.getTag() != Opcodes.H_INVOKESPECIAL || handle.getOwner().equals(this.type))) {
					called(handle.getOwner(), handle.getName(), handle.getDesc());
				}
			}
			push(Type.getReturnType(descriptor).getSize());
		}

		@Override
		public void visitJumpInsn(int opcode, Label label) {
			this.stack.clear();
		}

		@Override
		public void visitLabel(Label label) {
			this.stack.clear();
		}

		@Override
		public void visitTableSwitchInsn(int min, int max, Label defaultLabel, Label... labels) {
			this.stack.clear();
		}

		@Override
		public void visitLookupSwitchInsn(Label defaultLabel, int[] keys, Label[] labels) {
			this.stack.clear();
		}

		@Override
		public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
			this.stack.clear();
		}

		private void called(String owner, String name, String descriptor) {
			if (SelfCalls.this.owners.contains(owner) && SelfCalls.this.guarded.contains(name + descriptor)) {
				SelfCalls.this.found.add(this.caller + " calls " + name);
			}
		}

		private void push(int words) {
			for (int i = 0; i < words; i++) {
				this.stack.push(false);
			}
		}

		/**
		 * Takes words from the stack.
		 * @param words how many
		 * @return whether the last one is certainly {@code this}
		 */
		private boolean pop(int words) {
			boolean last = false;
			for (int i = 0; i < words; i++) {
				last = Boolean.TRUE.equals(this.stack.poll());
			}
			return last;
		}

		private boolean popArguments(String descriptor) {
			int words = 0;
			for (Type argument : Type.getArgumentTypes(descriptor)) {
				words += argument.getSize();
			}
			boolean holdsThis = false;
			Iterator<Boolean> top = this.stack.iterator();
			for (int i = 0; i < words && top.hasNext(); i++) {
				holdsThis |= top.next();
			}
			pop(words);
			return holdsThis;
		}

	}

}
