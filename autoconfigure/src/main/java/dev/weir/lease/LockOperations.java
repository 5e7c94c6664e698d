package dev.weir.lease;

/**
 * Programmatic access to locks, the counterpart of {@code @DistributedLock}.
 *
 * <pre class="code">
 * LockSpec lock = LockSpec.of("invoice", order.id()).waitTime(Duration.ofSeconds(2));
 * Invoice invoice = locks.call(lock, () -&gt; create(order));
 * try (Lease lease = locks.acquire(lock)) { … }
 * </pre>
 */
public interface LockOperations extends LeaseOperations<LockSpec> {

}
