package dev.weir.embeddedredis;

import java.io.IOException;

/**
 * A JVM that starts a server, says where its files are, and ends without closing it when
 * its input ends.
 */
public final class ServerMain {

	private ServerMain() {
	}

	public static void main(String[] args) throws IOException {
		System.out.println(RedisServer.start().directory().path());
		while (System.in.read() >= 0) {
			// Somebody may write, but only the end counts.
		}
	}

}
