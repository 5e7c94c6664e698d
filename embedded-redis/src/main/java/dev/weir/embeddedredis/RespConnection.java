package dev.weir.embeddedredis;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A connection that uses RESP2, independent of any client library. Not thread-safe.
 */
final class RespConnection implements Closeable {

	private static final int CONNECT_TIMEOUT_MILLIS = 1_000;

	private final Socket socket = new Socket();

	private final InputStream in;

	/**
	 * Connects to a server on this machine.
	 * @param port its port
	 * @param readTimeout how long to wait for bytes of a reply
	 * @throws IOException if no server listens on the port
	 */
	RespConnection(int port, Duration readTimeout) throws IOException {
		try {
			this.socket.setTcpNoDelay(true);
			this.socket.setSoTimeout(Math.toIntExact(readTimeout.toMillis()));
			this.socket.connect(new InetSocketAddress(FreePort.HOST, port), CONNECT_TIMEOUT_MILLIS);
			this.in = new BufferedInputStream(this.socket.getInputStream());
		}
		catch (IOException ex) {
			this.socket.close();
			throw ex;
		}
	}

	/**
	 * Sends a command and reads its reply.
	 * @param command the command and its arguments
	 * @return a {@link String}, a {@link Long}, a {@link List} of replies, or
	 * {@code null} for nil
	 * @throws EmbeddedRedisException if the server answers with an error
	 * @throws IOException if the connection fails
	 */
	@Nullable Object call(String... command) throws IOException {
		ByteArrayOutputStream request = new ByteArrayOutputStream();
		request.writeBytes(ascii("*" + command.length + "\r\n"));
		for (String part : command) {
			byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
			request.writeBytes(ascii("$" + bytes.length + "\r\n"));
			request.writeBytes(bytes);
			request.writeBytes(ascii("\r\n"));
		}
		this.socket.getOutputStream().write(request.toByteArray());
		return readReply();
	}

	private @Nullable Object readReply() throws IOException {
		String line = readLine();
		if (line.isEmpty()) {
			throw new IOException("Not a RESP2 reply: an empty line");
		}
		String rest = line.substring(1);
		return switch (line.charAt(0)) {
			case '+' -> rest;
			case '-' -> throw new EmbeddedRedisException(rest);
			case ':' -> Long.valueOf(rest);
			case '$' -> readBulk(Integer.parseInt(rest));
			case '*' -> readArray(Integer.parseInt(rest));
			default -> throw new IOException("Not a RESP2 reply: " + line);
		};
	}

	private @Nullable String readBulk(int length) throws IOException {
		if (length < 0) {
			return null;
		}
		byte[] bytes = this.in.readNBytes(length);
		if (bytes.length < length) {
			throw new EOFException("The server closed the connection");
		}
		readLine();
		return new String(bytes, StandardCharsets.UTF_8);
	}

	private @Nullable List<@Nullable Object> readArray(int length) throws IOException {
		if (length < 0) {
			return null;
		}
		List<@Nullable Object> replies = new ArrayList<>(length);
		for (int i = 0; i < length; i++) {
			replies.add(readReply());
		}
		return replies;
	}

	private String readLine() throws IOException {
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int next = this.in.read(); next != '\n'; next = this.in.read()) {
			if (next < 0) {
				throw new EOFException("The server closed the connection");
			}
			if (next != '\r') {
				line.write(next);
			}
		}
		return line.toString(StandardCharsets.UTF_8);
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

	private static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.US_ASCII);
	}

}
