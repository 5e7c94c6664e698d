package dev.weir.observe;

import java.time.Duration;

import dev.weir.lease.LeaseKind;
import dev.weir.lease.LossReason;

/**
 * Application event that is published when a holder of this instance has lost its lease.
 *
 * @param kind the kind of the lease, lock or semaphore
 * @param policy the name of the policy
 * @param key the key in the store
 * @param purpose the purpose of the lease, usually class and method
 * @param reason the reason for the loss
 * @param held the time for which the lease was held
 */
public record LeaseLostEvent(LeaseKind kind, String policy, String key, String purpose, LossReason reason,
		Duration held) {

}
