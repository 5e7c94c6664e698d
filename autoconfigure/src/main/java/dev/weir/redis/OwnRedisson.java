package dev.weir.redis;

import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * A client that Weir makes and closes. Made anew for each attempt to connect: behind
 * Sentinel, a client whose first attempt failed during a failover would ask for the old
 * master for ever (Redisson 4.7.0, {@code SentinelConnectionManager.currentMaster}).
 */
final class OwnRedisson implements RedissonSource {

	private final Config config;

	private @Nullable RedissonClient client;

	private boolean closed;

	OwnRedisson(Config config) {
		this.config = config;
	}

	@Override
	public boolean isCluster() {
		return this.config.isClusterConfig();
	}

	@Override
	public RedissonClient connect() {
		RedissonClient made = Redisson.create(new Config(this.config).setLazyInitialization(false));
		synchronized (this) {
			if (!this.closed) {
				this.client = made;
				return made;
			}
		}
		made.shutdown();
		throw new IllegalStateException("This application shuts down");
	}

	@Override
	public void close() {
		RedissonClient made;
		synchronized (this) {
			this.closed = true;
			made = this.client;
		}
		if (made != null) {
			made.shutdown();
		}
	}

}
