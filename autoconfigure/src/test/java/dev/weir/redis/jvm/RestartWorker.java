package dev.weir.redis.jvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Random;

import dev.weir.autoconfigure.WeirAutoConfiguration;
import dev.weir.autoconfigure.WeirRedisAutoConfiguration;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/**
 * One instance of a service for {@link RestartTests}, in a JVM of its own. Its callers
 * take locks from its first moment on and log each outcome as one line.
 */
@Configuration(proxyBeanMethods = false)
@ImportAutoConfiguration({ WeirAutoConfiguration.class, WeirRedisAutoConfiguration.class })
public class RestartWorker {

	static final String SUCCESS = "success";

	private static final int CALLERS = 8;

	private static final int KEYS = 10;

	/**
	 * Runs the worker until it is killed.
	 * @param args the address of Redis, the log
	 */
	public static void main(String[] args) {
		ConfigurableApplicationContext context = SpringApplication.run(RestartWorker.class,
				"--spring.data.redis.url=" + args[0], "--spring.main.banner-mode=off",
				"--spring.main.web-application-type=none", "--weir.lease.ttl=10s");
		LockOperations locks = context.getBean(LockOperations.class);
		for (int i = 0; i < CALLERS; i++) {
			new Thread(() -> work(locks, Path.of(args[1])), "caller-" + i).start();
		}
	}

	private static void work(LockOperations locks, Path log) {
		Random random = new Random();
		while (true) {
			String outcome;
			try {
				locks.run(LockSpec.of("restart", "" + random.nextInt(KEYS)).waitTime(Duration.ofSeconds(30)),
						() -> pause(random));
				outcome = SUCCESS;
			}
			catch (RuntimeException ex) {
				outcome = String.valueOf(ex);
			}
			write(log, outcome);
		}
	}

	private static void pause(Random random) {
		try {
			Thread.sleep(random.nextInt(20));
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void write(Path log, String line) {
		try {
			Files.write(log, (line + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE,
					StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
