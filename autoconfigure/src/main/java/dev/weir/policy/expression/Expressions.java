package dev.weir.policy.expression;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import dev.weir.core.Log;
import dev.weir.core.Suggestions;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.core.ResolvableType;
import org.springframework.expression.BeanResolver;
import org.springframework.expression.Expression;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.SpelNode;
import org.springframework.expression.spel.ast.BeanReference;
import org.springframework.expression.spel.ast.CompoundExpression;
import org.springframework.expression.spel.ast.FunctionReference;
import org.springframework.expression.spel.ast.Indexer;
import org.springframework.expression.spel.ast.MethodReference;
import org.springframework.expression.spel.ast.Projection;
import org.springframework.expression.spel.ast.PropertyOrFieldReference;
import org.springframework.expression.spel.ast.Selection;
import org.springframework.expression.spel.ast.VariableReference;
import org.springframework.expression.spel.standard.SpelExpression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.util.ClassUtils;

/**
 * Parses, checks and evaluates the SpEL expressions of policies. Thread-safe.
 */
public final class Expressions {

	private static final Map<String, MethodHandle> FUNCTIONS = Map.of("md5", digest("md5"), "sha256", digest("sha256"));

	/** The characters around the name of a bean. */
	private static final Pattern BEAN_REFERENCE = Pattern.compile("^[@&]'?|'$");

	/** A parameter by its position: a0 or p0 for the first one. */
	private static final Pattern POSITIONAL = Pattern.compile("[ap]\\d{1,3}");

	private static final Log logger = Log.of(Expressions.class);

	private static final TypeProperties ROOT = TypeProperties.of(ResolvableType.forClass(Invocation.class));

	private static final String RESULT = "result";

	private static final Set<String> ALWAYS_KNOWN = Set.of("root", "this");

	private final SpelExpressionParser parser = new SpelExpressionParser();

	private final ParameterNameDiscoverer parameterNames = DefaultParameterNameDiscoverer.getSharedInstance();

	private final @Nullable BeanFactory beanFactory;

	private final @Nullable BeanResolver beans;

	/**
	 * Creates expressions.
	 * @param beanFactory the factory of the beans that expressions can use, {@code null}
	 * for none
	 */
	public Expressions(@Nullable BeanFactory beanFactory) {
		this.beanFactory = beanFactory;
		this.beans = (beanFactory != null) ? new BeanFactoryResolver(beanFactory) : null;
	}

	/**
	 * Parses an expression and checks that all of its variables and functions exist.
	 * @param method the method with the expression
	 * @param location the class and method, for messages
	 * @param attribute the attribute
	 * @param text the expression
	 * @return the parsed expression
	 * @throws InvalidExpressionException if the expression has a mistake
	 */
	public PolicyExpression parse(Method method, String location, String attribute, String text) {
		return parse(method, location, attribute, text, null);
	}

	/**
	 * Parses an expression that can use the result of the call, as {@code #result}.
	 * @param method the method with the expression
	 * @param location the class and method, for messages
	 * @param attribute the attribute
	 * @param text the expression
	 * @param result the type of the result, {@code null} if the expression cannot use it
	 * @return the parsed expression
	 * @throws InvalidExpressionException if the expression has a mistake
	 */
	public PolicyExpression parse(Method method, String location, String attribute, String text,
			@Nullable ResolvableType result) {
		try {
			SpelExpression expression = (SpelExpression) this.parser.parseExpression(text);
			check(expression.getAST(), method,
					new Subject(location + ": " + attribute + " = \"" + text + "\"", result));
			return new PolicyExpression(attribute, location, expression, this);
		}
		catch (ParseException | IllegalStateException ex) {
			throw new InvalidExpressionException("this is not a SpEL expression: " + ex.getMessage(),
					"Correct the expression. A literal text needs quotes of its own, such as \"'all'\"");
		}
	}

	<T> @Nullable T evaluate(Expression expression, Invocation invocation, Class<T> type) {
		return expression.getValue(context(invocation), type);
	}

	<T> @Nullable T evaluate(Expression expression, Invocation invocation, @Nullable Object result, Class<T> type) {
		MethodBasedEvaluationContext context = context(invocation);
		context.setVariable(RESULT, result);
		return expression.getValue(context, type);
	}

	private MethodBasedEvaluationContext context(Invocation invocation) {
		MethodBasedEvaluationContext context = new MethodBasedEvaluationContext(invocation, invocation.getMethod(),
				invocation.getArgs(), this.parameterNames);
		FUNCTIONS.forEach(context::registerFunction);
		context.setTypeConverter(KeyText.CONVERTER);
		if (this.beans != null) {
			context.setBeanResolver(this.beans);
		}
		return context;
	}

	/**
	 * Returns whether an expression reads the arguments of the call.
	 * @param expression the expression
	 * @return {@code true} if the expression reads the arguments or may read them
	 */
	static boolean needsArguments(Expression expression) {
		return !(expression instanceof SpelExpression spel) || needsArguments(spel.getAST());
	}

	private static boolean needsArguments(SpelNode node) {
		String text = node.toStringAST();
		// The root object is the invocation, which holds the arguments.
		if (node instanceof VariableReference || text.equals("args") || text.startsWith("getArgs(")) {
			return true;
		}
		for (int i = 0; i < node.getChildCount(); i++) {
			if (needsArguments(node.getChild(i))) {
				return true;
			}
		}
		return false;
	}

	private void check(SpelNode node, Method method, Subject subject) {
		if (node instanceof VariableReference) {
			checkVariable(node.toStringAST().substring(1), method, subject);
		}
		else if (node instanceof FunctionReference) {
			String call = node.toStringAST();
			String name = call.substring(1, call.indexOf('('));
			if (!FUNCTIONS.containsKey(name)) {
				throw new InvalidExpressionException("the function #" + name + "(…) is not known",
						"Use #md5(…) or #sha256(…)");
			}
		}
		else if (node instanceof BeanReference) {
			checkBean(beanName(node));
		}
		else if (node instanceof MethodReference call) {
			checkMethods(ROOT, call.getName(), "the call");
		}
		else if (node instanceof PropertyOrFieldReference property) {
			checkRootProperty(property.getName(), method, subject);
		}
		else if (node instanceof CompoundExpression) {
			checkProperties(node, method, subject);
		}
		for (int i = 0; i < node.getChildCount(); i++) {
			SpelNode child = node.getChild(i);
			boolean ofOtherObject = (node instanceof CompoundExpression && i > 0
					&& (child instanceof PropertyOrFieldReference || child instanceof MethodReference))
					|| node instanceof Indexer || node instanceof Projection || node instanceof Selection;
			if (!ofOtherObject) {
				check(child, method, subject);
			}
			else if (child instanceof MethodReference) {
				for (int argument = 0; argument < child.getChildCount(); argument++) {
					check(child.getChild(argument), method, subject);
				}
			}
		}
	}

	/**
	 * Checks a name without {@code #}. Such a name is a property of the root object,
	 * which is the call.
	 * @param name the name
	 * @param method the method with the expression
	 * @param subject the location and the attribute, for the log
	 */
	private void checkRootProperty(String name, Method method, Subject subject) {
		if (ROOT.typeOf(name) != null) {
			return;
		}
		@Nullable String @Nullable [] parameters = this.parameterNames.getParameterNames(method);
		boolean forgotten = parameters != null && Arrays.asList(parameters).contains(name);
		throw new InvalidExpressionException("'" + name + "' is not a property of the call",
				forgotten ? "Did you mean '#" + name + "'? Parameters begin with #"
						: "Write #name for a parameter. Write a literal text in quotes of its own");
	}

	private void checkBean(String name) {
		if (this.beanFactory != null && !this.beanFactory.containsBean(name)) {
			String closest = (this.beanFactory instanceof ListableBeanFactory all)
					? Suggestions.closest(name, List.of(all.getBeanDefinitionNames()), 3) : null;
			throw new InvalidExpressionException("there is no bean '" + name + "'", (closest != null)
					? "Did you mean '@" + closest + "'?" : "Use the name of a bean of the application");
		}
	}

	private static void checkMethods(TypeProperties properties, String name, String owner) {
		boolean known = Arrays.stream(properties.type().toClass().getMethods())
			.anyMatch((method) -> method.getName().equals(name));
		if (!known) {
			String closest = Suggestions.closest(name, properties.names(), 3);
			throw new InvalidExpressionException("'" + name + "' is not a method of " + owner,
					(closest != null) ? "Did you mean '" + closest + "'?" : "Correct the expression");
		}
	}

	private static String beanName(SpelNode reference) {
		return BEAN_REFERENCE.matcher(reference.toStringAST()).replaceAll("");
	}

	/**
	 * Checks properties such as in {@code #order.customer.id} against the declared types.
	 * An object may have more properties than its declared type, so an unknown property
	 * is a mistake only if the type is final. For other types the check logs a warning if
	 * a known property has a similar name.
	 * @param chain the object and its properties
	 * @param method the method with the expression
	 * @param subject the location and the attribute, for the log
	 */
	private void checkProperties(SpelNode chain, Method method, Subject subject) {
		ResolvableType type = declaredType(chain.getChild(0), method, subject);
		for (int i = 1; type != null && i < chain.getChildCount(); i++) {
			TypeProperties properties = TypeProperties.of(type);
			if (properties.isOfJdk()) {
				return;
			}
			if (chain.getChild(i) instanceof MethodReference call && properties.isComplete()) {
				checkMethods(properties, call.getName(), properties.type().toString());
			}
			if (!(chain.getChild(i) instanceof PropertyOrFieldReference property)) {
				return;
			}
			ResolvableType next = properties.typeOf(property.getName());
			if (next == null) {
				unknownProperty(properties, property.getName(), subject);
			}
			type = next;
		}
	}

	private static void unknownProperty(TypeProperties properties, String name, Subject subject) {
		String problem = properties.type() + " has no property '" + name + "'";
		String closest = Suggestions.closest(name, properties.names(), properties.isComplete() ? 3 : 1);
		String cure = (closest != null) ? "Did you mean '" + closest + "'?" : "Use one of: " + properties.names();
		if (properties.isComplete()) {
			throw new InvalidExpressionException(problem, cure);
		}
		if (closest != null) {
			logger.warn("{}: {}. A call fails unless its argument has such a property. {}", subject, problem, cure);
		}
	}

	private @Nullable ResolvableType declaredType(SpelNode node, Method method, Subject subject) {
		if (subject.result() != null && node.toStringAST().equals("#" + RESULT)) {
			return subject.result();
		}
		if (node instanceof BeanReference && this.beanFactory != null) {
			checkBean(beanName(node));
			Class<?> type = this.beanFactory.getType(beanName(node));
			return (type != null) ? ResolvableType.forClass(ClassUtils.getUserClass(type)) : null;
		}
		if (node instanceof VariableReference && ALWAYS_KNOWN.contains(node.toStringAST().substring(1))) {
			return ROOT.type();
		}
		@Nullable String @Nullable [] parameters = this.parameterNames.getParameterNames(method);
		if (!(node instanceof VariableReference) || parameters == null) {
			return null;
		}
		int index = Arrays.asList(parameters).indexOf(node.toStringAST().substring(1));
		return (index >= 0) ? ResolvableType.forMethodParameter(method, index) : null;
	}

	private void checkVariable(String name, Method method, Subject subject) {
		if (ALWAYS_KNOWN.contains(name) || isPositional(name, method)
				|| subject.result() != null && name.equals(RESULT)) {
			return;
		}
		@Nullable String @Nullable [] parameters = this.parameterNames.getParameterNames(method);
		if (parameters == null) {
			throw new InvalidExpressionException(
					"the names of the parameters are not in the class file, so #" + name + " is not known",
					"Compile with the option -parameters, or write #p0 for the first parameter");
		}
		if (!Arrays.asList(parameters).contains(name)) {
			throw new InvalidExpressionException("#" + name + " is not a parameter of the method",
					(parameters.length == 0) ? "Remove it: the method has no parameters"
							: "Use one of: " + Arrays.stream(parameters)
								.map((parameter) -> "#" + parameter)
								.collect(Collectors.joining(", ")));
		}
	}

	private static boolean isPositional(String name, Method method) {
		if (!POSITIONAL.matcher(name).matches()) {
			return false;
		}
		return Integer.parseInt(name.substring(1)) < method.getParameterCount();
	}

	private static MethodHandle digest(String name) {
		try {
			return MethodHandles.lookup()
				.findStatic(Digests.class, name, MethodType.methodType(String.class, Object.class));
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * An expression that is checked.
	 *
	 * @param text the location and the attribute, for the log
	 * @param result the type of the result, {@code null} if the expression cannot use it
	 */
	private record Subject(String text, @Nullable ResolvableType result) {

		@Override
		public String toString() {
			return this.text;
		}

	}

}
