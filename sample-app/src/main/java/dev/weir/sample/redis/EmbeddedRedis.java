package dev.weir.sample.redis;

import dev.weir.embeddedredis.RedisServer;

/**
 * Runs the embedded Redis in a separate process, for instances that start and stop. The
 * process prints the address of Redis. When the process ends, Redis ends.
 */
public final class EmbeddedRedis {

	private EmbeddedRedis() {
	}

	public static void main(String[] args) throws InterruptedException {
		try (RedisServer server = RedisServer.start()) {
			System.out.println("Redis: " + server.uri());
			Thread.currentThread().join();
		}
	}

}
