package dev.weir.lease;

/**
 * Programmatic access to semaphores, the counterpart of {@code @Semaphore}.
 *
 * <pre class="code">
 * SemaphoreSpec permit = SemaphoreSpec.of("embedding_batch", 3).timeout(Duration.ofMinutes(5));
 * semaphores.run(permit, () -&gt; embed(texts));
 * </pre>
 */
public interface SemaphoreOperations extends LeaseOperations<SemaphoreSpec> {

}
