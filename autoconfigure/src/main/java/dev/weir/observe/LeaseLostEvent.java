package dev.weir.observe;

import java.time.Duration;

import dev.weir.lease.LeaseKind;
import dev.weir.lease.LossReason;

/**
 * Application event: a holder of this instance has lost its lease.
 *
 * @param kind whether it was a lock or a semaphore
 * @param policy the name of the policy
 * @param key the key in the store
 * @param purpose what the lease was for, usually class and method
 * @param reason why it was lost
 * @param held for how long it was held
 */
public record LeaseLostEvent(LeaseKind kind, String policy, String key, String purpose, LossReason reason,
		Duration held) {

}
