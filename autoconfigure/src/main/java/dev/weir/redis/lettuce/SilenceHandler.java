package dev.weir.redis.lettuce;

import java.util.concurrent.TimeUnit;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;

/**
 * Finds a connection that is silently dead: a firewall or a load balancer can drop its
 * packets without closing it. Sends a PING after a second without a packet from Redis,
 * and closes the connection after a second without an answer. Lettuce then opens a new
 * one.
 */
final class SilenceHandler extends IdleStateHandler {

	private static final long INTERVAL_MILLIS = 1000;

	SilenceHandler() {
		super(INTERVAL_MILLIS, 0, 0, TimeUnit.MILLISECONDS);
	}

	@Override
	protected void channelIdle(ChannelHandlerContext context, IdleStateEvent event) {
		if (event.isFirst()) {
			// Written from the end of the pipeline, so that Lettuce expects the answer.
			context.channel().writeAndFlush(new Command<>(CommandType.PING, new ValueOutput<>(StringCodec.UTF8)));
		}
		else {
			context.close();
		}
	}

}
