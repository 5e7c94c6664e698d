package dev.weir.redis.jvm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

import dev.weir.annotation.DistributedLock;
import dev.weir.lease.Lease;
import org.redisson.spring.starter.RedissonAutoConfigurationV4;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.security.autoconfigure.actuate.web.servlet.ManagementWebSecurityAutoConfiguration;
import org.springframework.boot.security.autoconfigure.web.servlet.ServletWebSecurityAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

/**
 * A web application for {@link SigtermTests}, in a JVM of its own. Its requests run until
 * a file appears.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
public class SigtermWorker {

	private static Path directory;

	/**
	 * Runs the application.
	 * @param args the address of Redis, the directory of the files
	 */
	public static void main(String[] args) throws IOException {
		directory = Path.of(args[1]);
		ConfigurableApplicationContext context = SpringApplication.run(SigtermWorker.class,
				"--spring.data.redis.url=" + args[0], "--server.port=0", "--server.address=127.0.0.1",
				"--weir.lease.ttl=3s", "--spring.main.banner-mode=off",
				"--spring.autoconfigure.exclude=" + RedissonAutoConfigurationV4.class.getName() + ","
						+ ServletWebSecurityAutoConfiguration.class.getName() + ","
						+ ManagementWebSecurityAutoConfiguration.class.getName());
		Path port = Files.writeString(directory.resolve("port.new"),
				context.getEnvironment().getRequiredProperty("local.server.port"));
		Files.move(port, directory.resolve("port"), StandardCopyOption.ATOMIC_MOVE);
	}

	@GetMapping("/request")
	@DistributedLock("request")
	String request() {
		work("request");
		return "valid: " + Lease.current().orElseThrow().isValid();
	}

	@GetMapping("/stream")
	@DistributedLock("stream")
	StreamingResponseBody stream() {
		Lease lease = Lease.current().orElseThrow();
		return (out) -> {
			out.write("valid: ".getBytes(StandardCharsets.UTF_8));
			out.flush();
			work("stream");
			out.write(String.valueOf(lease.isValid()).getBytes(StandardCharsets.UTF_8));
		};
	}

	private static void work(String name) {
		try {
			Files.createFile(directory.resolve(name));
			while (!Files.exists(directory.resolve("end"))) {
				Thread.sleep(10);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
