package dev.weir.redis.lettuce;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.weir.core.Stages;
import dev.weir.redis.LuaScript;
import dev.weir.redis.PendingCall;
import dev.weir.redis.ScriptCall;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import org.jspecify.annotations.Nullable;

/**
 * Makes one call. Sends it again only after an error with which Redis has done nothing:
 * the script is not loaded, or another node has the slot.
 *
 * @param <R> the type of the reply
 */
final class Evaluation<R> {

	private static final int MAX_REDIRECTS = 5;

	private final PendingCall<R> pending;

	private final Masters masters;

	private final Turns turns;

	private int redirects;

	Evaluation(PendingCall<R> pending, Masters masters, Turns turns) {
		this.pending = pending;
		this.masters = masters;
		this.turns = turns;
	}

	boolean isOver() {
		return this.pending.isOver();
	}

	void fail(Throwable failure) {
		this.pending.reply().completeExceptionally(failure);
	}

	/**
	 * Creates the command to send.
	 * @param connection where it is sent
	 * @return the command
	 */
	AsyncCommand<byte[], byte[], ?> command(StatefulRedisConnection<byte[], byte[]> connection) {
		return command(connection, CommandType.EVALSHA);
	}

	private AsyncCommand<byte[], byte[], ?> command(StatefulRedisConnection<byte[], byte[]> connection,
			CommandType type) {
		ScriptCall<R> call = this.pending.call();
		LuaScript<R> script = call.script();
		CommandArgs<byte[], byte[]> arguments = new CommandArgs<>(ByteArrayCodec.INSTANCE)
			.add(bytes((type == CommandType.EVALSHA) ? script.digest() : script.source()))
			.add(call.keys().size());
		call.keys().forEach((key) -> arguments.addKey(bytes(key)));
		for (Object argument : call.arguments()) {
			arguments.addValue((argument instanceof byte[] binary) ? binary : bytes(argument.toString()));
		}
		AsyncCommand<byte[], byte[], ?> command = new AsyncCommand<>(
				new Command<>(type, output(script.reply()), arguments));
		command.whenComplete((value, failure) -> ended(connection, type, value, failure));
		return command;
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static CommandOutput<byte[], byte[], ?> output(LuaScript.Reply reply) {
		return switch (reply) {
			case NUMBER -> new IntegerOutput<>(ByteArrayCodec.INSTANCE);
			case LIST, BINARY_LIST -> new NestedMultiOutput<>(ByteArrayCodec.INSTANCE);
		};
	}

	private void ended(StatefulRedisConnection<byte[], byte[]> connection, CommandType type, @Nullable Object value,
			@Nullable Throwable failure) {
		if (failure == null) {
			reply(value);
			return;
		}
		String error = failure.getMessage();
		Redirect redirect = Redirect.of(error);
		if (isOver()) {
			fail(failure);
		}
		else if (type == CommandType.EVALSHA && error != null && error.startsWith("NOSCRIPT")) {
			connection.dispatch(command(connection, CommandType.EVAL));
		}
		else if (redirect != null && ++this.redirects <= MAX_REDIRECTS) {
			follow(redirect);
		}
		else {
			fail(failure);
		}
	}

	private void follow(Redirect redirect) {
		if (redirect.asking()) {
			this.turns.take(() -> this.masters.at(redirect).thenCompose(this::ask).exceptionally(this::failed));
		}
		else {
			this.masters.at(redirect)
				.thenAccept((connection) -> connection.dispatch(command(connection)))
				.exceptionally(this::failed);
		}
	}

	private CompletionStage<@Nullable Void> ask(StatefulRedisConnection<byte[], byte[]> connection) {
		if (isOver()) {
			return CompletableFuture.completedFuture(null);
		}
		// ASKING is for one command: the script may have to be loaded with the same one.
		AsyncCommand<byte[], byte[], ?> command = command(connection, CommandType.EVAL);
		connection
			.dispatch(List.of(new Command<>(CommandType.ASKING, new StatusOutput<>(ByteArrayCodec.INSTANCE)), command));
		// The command handles its failure itself.
		return command.handle((value, failure) -> null);
	}

	private @Nullable Void failed(Throwable failure) {
		fail(Stages.unwrap(failure));
		return null;
	}

	@SuppressWarnings("unchecked")
	private void reply(@Nullable Object value) {
		boolean isText = this.pending.call().script().reply() == LuaScript.Reply.LIST;
		this.pending.reply().complete((R) (isText ? text(value) : value));
	}

	private static @Nullable Object text(@Nullable Object value) {
		if (value instanceof byte[] bytes) {
			return new String(bytes, StandardCharsets.UTF_8);
		}
		if (value instanceof List<?> list) {
			List<@Nullable Object> texts = new ArrayList<>(list.size());
			list.forEach((element) -> texts.add(text(element)));
			return texts;
		}
		return value;
	}

}
