package dev.weir.sample.redis;

import dev.weir.embeddedredis.RedisServer;

/**
 * The embedded Redis on its own, for instances that come and go: says where it is, and
 * ends with its process.
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
