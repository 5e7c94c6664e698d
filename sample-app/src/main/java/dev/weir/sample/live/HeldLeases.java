package dev.weir.sample.live;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.stereotype.Component;

/**
 * Counts the leases of all holders in Redis. Leases of crashed instances count until they
 * expire.
 */
@Component
@ConditionalOnLiveView
class HeldLeases {

	private static final int PAGE = 1000;

	private final LeaseDirectory leases;

	private final String prefix;

	HeldLeases(LeaseDirectory leases, @Value("${weir.key-prefix}") String prefix) {
		this.leases = leases;
		this.prefix = prefix;
	}

	/**
	 * Counts the locks of a policy that are held, over all keys.
	 * @param name the name of the policy
	 * @return the number of locks
	 */
	int locks(String name) {
		// A key can be on two pages.
		Set<LeaseKey> found = new HashSet<>();
		String cursor = null;
		do {
			LeaseDirectory.Page page = await(this.leases.list(this.prefix + name + ":", cursor, PAGE));
			page.places().stream().map(LeaseDirectory.Place::key).forEach(found::add);
			cursor = page.next();
		}
		while (cursor != null);
		return found.size();
	}

	/**
	 * Counts the permits of a semaphore that are held.
	 * @param name the name of the policy
	 * @return the number of permits
	 */
	int permits(String name) {
		return await(this.leases.look(new LeaseKey(LeaseKind.SEMAPHORE, this.prefix + name))).size();
	}

	private static <T> T await(CompletionStage<T> stage) {
		try {
			return stage.toCompletableFuture().join();
		}
		catch (CompletionException ex) {
			throw new DataAccessResourceFailureException("The leases cannot be read", ex.getCause());
		}
	}

}
