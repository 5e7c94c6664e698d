package dev.weir.embeddedredis;

import java.io.IOException;

/**
 * A JVM that starts a server, prints the path of its files, and ends without closing the
 * server when its input ends.
 */
public final class ServerMain {

	private ServerMain() {
	}

	public static void main(String[] args) throws IOException {
		System.out.println(RedisServer.start(args).directory().path());
		while (System.in.read() >= 0) {
			// Ignore the input. Only its end counts.
		}
	}

}
