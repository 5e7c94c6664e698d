package dev.weir.sample.demo;

import dev.weir.embeddedredis.RedisServer;

/**
 * Runs the embedded Redis in a separate process, for instances that start and stop. The
 * process prints the address of Redis. If Redis ends, it is started again with the same
 * options, as a platform starts a container again. When the process ends, Redis ends.
 */
public final class RedisProcess {

	private static final long PAUSE_MILLIS = 200;

	private RedisProcess() {
	}

	/**
	 * Starts Redis.
	 * @param args the options of Redis, such as {@code --appendonly yes --dir /data}
	 */
	public static void main(String[] args) throws InterruptedException {
		try (RedisServer server = RedisServer.start(args)) {
			System.out.println("Redis: " + server.uri() + " process " + server.pid());
			while (true) {
				Thread.sleep(PAUSE_MILLIS);
				if (!server.isRunning()) {
					server.restart();
					System.out.println("Redis: started again, process " + server.pid());
				}
			}
		}
	}

}
