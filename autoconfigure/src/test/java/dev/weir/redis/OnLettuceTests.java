package dev.weir.redis;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

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
	@Tag("long")
	class Semaphores extends RedisSemaphoreTests {

	}

	@Nested
	@Tag("long")
	class Engine extends RedisLeaseEngineTests {

	}

	@Nested
	@Tag("long")
	class Buckets extends RedisBucketStoreTests {

	}

	@Nested
	@Tag("long")
	class TransactionCommands extends RedisTransactionCommandTests {

	}

	@Nested
	@Tag("long")
	class TransactionConflicts extends RedisTransactionConflictTests {

	}

	@Nested
	@Tag("long")
	class TransactionOutcomes extends RedisTransactionOutcomeTests {

	}

	@Nested
	@Tag("long")
	class Directory extends RedisDirectoryTests {

	}

	@Nested
	@Tag("long")
	class Broadcasts extends BroadcastTests {

	}

	@Nested
	@Tag("long")
	class Costs extends RedisCostTests {

	}

	@Nested
	@Tag("long")
	class Permissions extends AclTests {

	}

}
