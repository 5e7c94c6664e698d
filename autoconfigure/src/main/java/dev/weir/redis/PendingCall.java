package dev.weir.redis;

import java.util.concurrent.CompletableFuture;

/**
 * A call that waits to be sent, or is on its way.
 *
 * @param <R> the type of the reply
 * @param call the script with its keys and arguments
 * @param answer what the caller gets: the reply, or a failure when its time is over. A
 * transport only reads it
 * @param reply completed by the transport, with the reply or any exception, which
 * {@link RedisTransport#translate} explains
 */
public record PendingCall<R>(ScriptCall<R> call, CompletableFuture<R> answer, CompletableFuture<R> reply) {

	/**
	 * Returns whether the caller has its answer already. A call that is over is not sent
	 * any more.
	 * @return whether the call is over
	 */
	public boolean isOver() {
		return this.answer.isDone();
	}

}
