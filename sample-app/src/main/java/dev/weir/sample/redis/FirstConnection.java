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
 * Opens the application's first connection to Redis, in the background. The attempts
 * continue until there is a connection. From then on, Lettuce restores the connection
 * itself.
 * <p>
 * Without this class, the first request would open the connection, and all other requests
 * would queue for it. If Redis accepts connections but does not answer, each request
 * would wait for as long as all requests before it together.
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
	 * Waits briefly for the connection, unless it is open already.
	 * @throws RedisConnectionFailureException if there is still no connection
	 */
	public void await() {
		try {
			if (!this.made.await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
				throw new RedisConnectionFailureException("There is no connection to Redis yet");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new RedisConnectionFailureException("Interrupted while waiting for Redis", ex);
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
			logger.debug("The application ended before it was connected to Redis");
		}
	}

	private boolean tryToConnect(boolean first) {
		try {
			this.connectionFactory.getConnection().close();
			return true;
		}
		catch (RuntimeException ex) {
			if (first) {
				logger.warn("Redis does not answer: {}. The application tries again until Redis answers",
						ex.getMessage());
			}
			return false;
		}
	}

}
