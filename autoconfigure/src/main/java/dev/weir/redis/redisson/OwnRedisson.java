package dev.weir.redis.redisson;

import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RScript;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;

/**
 * Provides a client that Weir creates and closes. It connects by running a script, which
 * loads the code that all later calls use before their time-outs begin.
 * <p>
 * A client that could not connect is used again, because each new client starts threads
 * and logs its version. Sentinel is the exception: a client whose first attempt failed
 * during a failover would use the old master forever (Redisson 4.7.0,
 * {@code SentinelConnectionManager.currentMaster}).
 */
final class OwnRedisson implements RedissonSource {

	private final Config config;

	private final String location;

	private @Nullable RedissonClient client;

	private boolean closed;

	OwnRedisson(Config config, String location) {
		this.config = config;
		this.location = location;
	}

	@Override
	public boolean isCluster() {
		return this.config.isClusterConfig();
	}

	@Override
	public String location() {
		return this.location;
	}

	@Override
	public RedissonClient connect() {
		RedissonClient current = current();
		try {
			current.getScript(StringCodec.INSTANCE).eval(RScript.Mode.READ_WRITE, "return 1", RScript.ReturnType.LONG);
			return current;
		}
		catch (RuntimeException ex) {
			if (this.config.isSentinelConfig()) {
				forget(current);
			}
			throw ex;
		}
	}

	private synchronized RedissonClient current() {
		if (this.closed) {
			throw new IllegalStateException("This application shuts down");
		}
		if (this.client == null) {
			this.client = Redisson.create(new Config(this.config).setLazyInitialization(true));
		}
		return this.client;
	}

	private void forget(RedissonClient failed) {
		synchronized (this) {
			if (this.client == failed) {
				this.client = null;
			}
		}
		failed.shutdown();
	}

	@Override
	public void close() {
		RedissonClient created;
		synchronized (this) {
			this.closed = true;
			created = this.client;
		}
		if (created != null) {
			created.shutdown();
		}
	}

}
