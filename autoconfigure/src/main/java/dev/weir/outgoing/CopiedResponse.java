package dev.weir.outgoing;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.client.ClientHttpResponse;

/**
 * A response whose body is copied while the caller reads it. Settles the call when the
 * body has ended or the response is closed.
 */
final class CopiedResponse implements ClientHttpResponse {

	private final ClientHttpResponse response;

	private final OutgoingCall call;

	private final BodyCopy copy = new BodyCopy();

	private final AtomicBoolean ended = new AtomicBoolean();

	private @Nullable InputStream body;

	CopiedResponse(ClientHttpResponse response, OutgoingCall call) {
		this.response = response;
		this.call = call;
	}

	@Override
	public HttpStatusCode getStatusCode() throws IOException {
		return this.response.getStatusCode();
	}

	@Override
	public String getStatusText() throws IOException {
		return this.response.getStatusText();
	}

	@Override
	public HttpHeaders getHeaders() {
		return this.response.getHeaders();
	}

	@Override
	public InputStream getBody() throws IOException {
		if (this.body == null) {
			this.body = new CopiedBody(this.response.getBody());
		}
		return this.body;
	}

	@Override
	public void close() {
		try {
			end();
		}
		finally {
			this.response.close();
		}
	}

	private void end() {
		if (this.ended.compareAndSet(false, true)) {
			try {
				this.call.ended(this.response.getStatusCode(), this.response.getHeaders(), this.copy.toByteArray());
			}
			catch (IOException ex) {
				// Without a status, the estimate stays.
				this.call.ended(HttpStatusCode.valueOf(200), HttpHeaders.EMPTY, this.copy.toByteArray());
			}
		}
	}

	/**
	 * The body.
	 */
	private final class CopiedBody extends FilterInputStream {

		private CopiedBody(InputStream body) {
			super(body);
		}

		@Override
		public int read() throws IOException {
			int next = super.read();
			if (next >= 0) {
				CopiedResponse.this.copy.add(new byte[] { (byte) next }, 0, 1);
			}
			else {
				end();
			}
			return next;
		}

		@Override
		public int read(byte[] target, int offset, int length) throws IOException {
			int count = super.read(target, offset, length);
			if (count > 0) {
				CopiedResponse.this.copy.add(target, offset, count);
			}
			else if (count < 0) {
				end();
			}
			return count;
		}

		@Override
		public long skip(long count) throws IOException {
			byte[] skipped = new byte[(int) Math.min(count, 8192)];
			return Math.max(0, read(skipped, 0, skipped.length));
		}

		@Override
		public boolean markSupported() {
			return false;
		}

	}

}
