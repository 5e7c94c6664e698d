package dev.weir.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.aot.hint.annotation.Reflective;

/**
 * Collects the writes of a method to Redis, and applies all of them or none. The writes
 * that the method adds on its thread through
 * {@link dev.weir.transaction.RedisTransactionOperations#execute(dev.weir.transaction.RedisTransactionOperations.Work)
 * RedisTransactionOperations.execute} are collected until the method returns, and dropped
 * if it throws.
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
 * Writes that are added while a transaction of Spring is active, such as that of a
 * database, follow that transaction, whether that transaction is around the method, on it
 * or within it. Redis applies them together after its commit, and none of them after its
 * rollback; a rollback to a savepoint removes the writes that were added since the
 * savepoint. If Redis refuses the writes after the commit, the database keeps the
 * committed data, and the caller gets the exception after all other callbacks of the
 * commit have run. Writes that are first added in a callback after the commit are
 * applied, but a failure is only logged.
 * <p>
 * If a method with this annotation is called by another one on the same thread, its
 * writes are part of the transaction of the calling method; if the called method throws,
 * its writes are removed again. A method must add its writes on its own thread and before
 * it returns: a method that returns a {@code CompletionStage} or a reactive type is
 * rejected at start-up.
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
	 * How often the method is called again when another client has changed the values
	 * that it read. Only for methods that have no other effects. Writes that follow a
	 * transaction of Spring are never tried again. Default: never.
	 * @return how often, 0 for never
	 */
	int retries() default 0;

	/**
	 * The longest time from the call of the method until its last try is sent. It does
	 * not apply to writes that follow a transaction of Spring. Default:
	 * {@code weir.transaction.timeout}.
	 * @return a duration such as {@code 5s}, at least 1 ms
	 */
	String timeout() default "";

}
