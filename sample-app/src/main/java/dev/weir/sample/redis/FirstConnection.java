package dev.weir.sample.redis;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.stereotype.Component;

/**
 * Makes the application's first connection to Redis: in the background, and again until
 * there is one. From then on Lettuce restores it by itself.
 * <p>
 * Without this the first request would make it, and all others would queue for it. While
 * Redis accepts connections and does not answer, each of them would then wait for as long
 * as all before it together.
 */
@Component
public class FirstConnection implements InitializingBean, DisposableBean {

	private static final long PATIENCE_MILLIS = 500;

	private static final long PAUSE_MILLIS = 250;

	private static final Logger logger = LoggerFactory.getLogger(FirstConnection.class);

	private final CountDownLatch made = new CountDownLatch(1);

	private final RedisConnectionFactory connectionFactory;

	private final Thread thread;

	FirstConnection(RedisConnectionFactory connectionFactory) {
		this.connectionFactory = connectionFactory;
		this.thread = new Thread(this::connect, "first-redis-connection");
		this.thread.setDaemon(true);
	}

	@Override
	public void afterPropertiesSet() {
		this.thread.start();
	}

	@Override
	public void destroy() {
		this.thread.interrupt();
	}

	/**
	 * Waits a moment for the connection, if it was not made yet.
	 * @throws RedisConnectionFailureException if there is none by then
	 */
	public void await() {
		try {
			if (!this.made.await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
				throw new RedisConnectionFailureException("There is no connection yet");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new RedisConnectionFailureException("Interrupted while there was no connection yet", ex);
		}
	}

	private void connect() {
		try {
			for (boolean first = true; !tryToConnect(first); first = false) {
				Thread.sleep(PAUSE_MILLIS);
			}
			this.made.countDown();
		}
		catch (InterruptedException ex) {
			logger.debug("The application ends before there was a connection");
		}
	}

	private boolean tryToConnect(boolean first) {
		try {
			this.connectionFactory.getConnection().close();
			return true;
		}
		catch (RuntimeException ex) {
			if (first) {
				logger.warn("Redis does not answer: {}. Trying again until it does", ex.getMessage());
			}
			return false;
		}
	}

}
