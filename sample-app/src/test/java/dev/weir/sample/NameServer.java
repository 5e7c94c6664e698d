package dev.weir.sample;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A name server on a free port of 127.0.0.1 that answers each question with the current
 * addresses, as the name server of Docker does for the name of a service.
 */
final class NameServer implements AutoCloseable {

	private static final int HEADER = 12;

	/** The flags of an answer without an error. */
	private static final short ANSWER = (short) 0x8180;

	/** A pointer to the name in the question. */
	private static final short NAME = (short) 0xC00C;

	private static final short IPV4 = 1;

	private static final short INTERNET = 1;

	/** Ten minutes, as in answers of Docker. */
	private static final int TTL = 600;

	private final DatagramSocket socket;

	private final AtomicInteger questions = new AtomicInteger();

	private volatile List<String> addresses = List.of();

	private NameServer(DatagramSocket socket) {
		this.socket = socket;
	}

	static NameServer start(String... addresses) throws IOException {
		NameServer server = new NameServer(new DatagramSocket(0, InetAddress.getLoopbackAddress()));
		server.answer(addresses);
		Thread thread = new Thread(server::run, "name server");
		thread.setDaemon(true);
		thread.start();
		return server;
	}

	void answer(String... newAddresses) {
		this.addresses = List.of(newAddresses);
	}

	/**
	 * Returns how many questions were answered.
	 * @return the number
	 */
	int questions() {
		return this.questions.get();
	}

	int port() {
		return this.socket.getLocalPort();
	}

	private void run() {
		byte[] buffer = new byte[512];
		while (!this.socket.isClosed()) {
			try {
				DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
				this.socket.receive(packet);
				byte[] answer = answer(ByteBuffer.wrap(buffer, 0, packet.getLength()));
				this.questions.incrementAndGet();
				this.socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
			}
			catch (IOException ex) {
				// The socket is closed, or the question cannot be read.
			}
		}
	}

	private byte[] answer(ByteBuffer question) throws IOException {
		// The name in the question ends with an empty part. Type and class follow.
		int end = HEADER;
		while (question.get(end) != 0) {
			end += 1 + question.get(end);
		}
		end += 5;
		List<String> all = this.addresses;
		ByteArrayOutputStream answer = new ByteArrayOutputStream();
		answer.write(ByteBuffer.allocate(HEADER)
			.putShort(question.getShort(0))
			.putShort(ANSWER)
			.putShort((short) 1)
			.putShort((short) all.size())
			.array());
		answer.write(question.array(), HEADER, end - HEADER);
		for (String address : all) {
			byte[] bytes = InetAddress.getByName(address).getAddress();
			answer.write(ByteBuffer.allocate(HEADER + bytes.length)
				.putShort(NAME)
				.putShort(IPV4)
				.putShort(INTERNET)
				.putInt(TTL)
				.putShort((short) bytes.length)
				.put(bytes)
				.array());
		}
		return answer.toByteArray();
	}

	@Override
	public void close() {
		this.socket.close();
	}

}
