package dev.weir.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs the annotated method in one instance only: in the leader of a role. In the other
 * instances, a call returns nothing and the method does not run: the caller gets
 * {@code null}, {@code Optional.empty()}, an empty reactive result, or a stage with
 * {@code null}. Such a call sends nothing to Redis. A method with a primitive result
 * fails the start.
 * <p>
 * Each instance with such a method campaigns for the role for as long as its application
 * runs. The leader has one lease, which Weir renews. While the method runs, no other
 * instance becomes the leader, unless this instance loses the lease: then the caller gets
 * a {@link dev.weir.lease.LeaseLostException} when the method returns, as with
 * {@link DistributedLock}. The method finds the lease and its fencing token through
 * {@link dev.weir.lease.Lease#current()}. Several calls in the leader can run at the same
 * time.
 * <p>
 * Code has the same roles through {@link dev.weir.lease.Leaders}.
 *
 * <pre class="code">
 * &#64;Scheduled(fixedDelayString = "1m")
 * &#64;RunsOnLeader("reports")
 * public void refresh() { … }
 * </pre>
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface RunsOnLeader {

	/**
	 * The name of the role, part of the key in Redis. Methods with the same role run in
	 * the same instance. May contain placeholders (<code>${…}</code>).
	 * @return the name
	 */
	String value();

}
