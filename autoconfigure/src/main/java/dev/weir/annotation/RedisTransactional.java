package dev.weir.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.aot.hint.annotation.Reflective;

/**
 * Collects what a method writes to Redis, and applies all of it or nothing: what runs on
 * its thread through
 * {@link dev.weir.transaction.RedisTransactionOperations#execute(dev.weir.transaction.RedisTransactionOperations.Work)
 * RedisTransactionOperations.execute} is collected until the method returns, and dropped
 * when it throws.
 *
 * <pre class="code">
 * &#064;Transactional
 * &#064;RedisTransactional
 * public void pay(Order order) {
 *     this.orders.save(order);
 *     this.transactions.executeWithoutResult((tx) -&gt; tx.increment("paid:{42}", 1));
 * }
 * </pre>
 *
 * What is added while a transaction of Spring is active, such as that of a database,
 * around the method, on it or within it, follows that transaction: it is applied together
 * after its commit, not at all after its rollback, and a rollback to a savepoint takes
 * out what was added since. If Redis refuses it after the commit, the caller gets the
 * exception when all other callbacks have heard of the commit, and the database keeps
 * what was committed. What is first added in a callback after the commit is applied, but
 * a failure is only logged.
 * <p>
 * A method that is called by another one with this annotation, on the same thread, is a
 * part of that one's transaction; if it throws, what it has collected is taken out again.
 * What a method collects must be said on its own thread and before it returns: a method
 * that returns a {@code CompletionStage} or a reactive type is refused at start-up.
 * <p>
 * {@link #timeout()} may hold <code>${…}</code> placeholders. Mistakes fail the start of
 * the application.
 */
@Target({ ElementType.METHOD, ElementType.ANNOTATION_TYPE })
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective
public @interface RedisTransactional {

	/**
	 * How often the method is called again when somebody else has changed what it read.
	 * Only for methods that have no other effects. What follows a transaction of Spring
	 * is never tried again. Default: never.
	 * @return how often, 0 for never
	 */
	int retries() default 0;

	/**
	 * The longest time from the call of the method until its last try is sent. It does
	 * not concern what follows a transaction of Spring. Default:
	 * {@code weir.transaction.timeout}.
	 * @return a duration such as {@code 5s}, at least 1 ms
	 */
	String timeout() default "";

}
