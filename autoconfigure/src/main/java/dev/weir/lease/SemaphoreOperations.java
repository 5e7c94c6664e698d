package dev.weir.lease;

/**
 * Semaphores for code, the programmatic twin of {@code @Semaphore}.
 *
 * <pre class="code">
 * SemaphoreSpec permit = SemaphoreSpec.of("embedding_batch", 3).timeout(Duration.ofMinutes(5));
 * semaphores.run(permit, () -&gt; embed(texts));
 * </pre>
 */
public interface SemaphoreOperations extends LeaseOperations<SemaphoreSpec> {

}
