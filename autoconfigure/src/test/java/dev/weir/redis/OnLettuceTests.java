package dev.weir.redis;

import org.junit.jupiter.api.Nested;

/**
 * The tests of the stores once more, over Lettuce: contracts, costs, permissions.
 */
@OnLettuce
class OnLettuceTests {

	@Nested
	class Batches extends BatchTests {

	}

	@Nested
	class Leases extends RedisLeaseStoreTests {

	}

	@Nested
	class Semaphores extends RedisSemaphoreTests {

	}

	@Nested
	class Engine extends RedisLeaseEngineTests {

	}

	@Nested
	class Buckets extends RedisBucketStoreTests {

	}

	@Nested
	class TransactionCommands extends RedisTransactionCommandTests {

	}

	@Nested
	class TransactionConflicts extends RedisTransactionConflictTests {

	}

	@Nested
	class TransactionOutcomes extends RedisTransactionOutcomeTests {

	}

	@Nested
	class Directory extends RedisDirectoryTests {

	}

	@Nested
	class Broadcasts extends BroadcastTests {

	}

	@Nested
	class Costs extends RedisCostTests {

	}

	@Nested
	class Permissions extends AclTests {

	}

}
