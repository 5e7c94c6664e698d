package dev.weir.benchmark.filter;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * An HTTP client on one open connection. The client costs little compared with the
 * requests that it measures.
 */
final class Connection implements AutoCloseable {

	private final Socket socket;

	private final InputStream answers;

	Connection(int port) throws IOException {
		this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
		this.socket.setTcpNoDelay(true);
		this.answers = new BufferedInputStream(this.socket.getInputStream());
	}

	Answer get(String path) throws IOException {
		this.socket.getOutputStream()
			.write(("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
		int status = Integer.parseInt(line().split(" ")[1]);
		int length = 0;
		boolean chunked = false;
		boolean limited = false;
		for (String line = line(); !line.isEmpty(); line = line()) {
			String header = line.toLowerCase(Locale.ROOT);
			if (header.startsWith("content-length:")) {
				length = Integer.parseInt(header.substring(15).trim());
			}
			chunked |= header.equals("transfer-encoding: chunked");
			limited |= header.startsWith("ratelimit:");
		}
		String body = chunked ? chunks() : text(length);
		return new Answer(status, limited, body);
	}

	private String chunks() throws IOException {
		StringBuilder body = new StringBuilder();
		int length;
		do {
			length = Integer.parseInt(line(), 16);
			body.append(text(length));
			line();
		}
		while (length > 0);
		return body.toString();
	}

	private String text(int length) throws IOException {
		return new String(this.answers.readNBytes(length), StandardCharsets.UTF_8);
	}

	private String line() throws IOException {
		StringBuilder line = new StringBuilder();
		for (int next = this.answers.read(); next != '\n'; next = this.answers.read()) {
			if (next < 0) {
				throw new EOFException("The server has closed the connection");
			}
			if (next != '\r') {
				line.append((char) next);
			}
		}
		return line.toString();
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

	/**
	 * The answer of the server.
	 *
	 * @param status the status
	 * @param limited whether the answer has a {@code RateLimit} header
	 * @param body the body
	 */
	record Answer(int status, boolean limited, String body) {

	}

}
