package dev.weir.sample.demo;

import dev.weir.sample.service.ServiceApplication;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.scheduling.annotation.EnableScheduling;

/**
 * The service with everything that a demonstration on one machine needs. {@code
 * spring-boot:run} starts this class, images start {@link ServiceApplication}.
 */
@SpringBootApplication
@ConfigurationPropertiesScan
@EnableScheduling
@Import(ServiceApplication.class)
public class DemoApplication {

	public static void main(String[] args) {
		run(args);
	}

	/**
	 * Starts the demonstration.
	 * @param args the options, such as {@code --server.port=8081}
	 * @return the context of the application
	 */
	public static ConfigurableApplicationContext run(String... args) {
		return new SpringApplicationBuilder(DemoApplication.class).profiles("demo")
			.initializers(new EmbeddedRedis())
			.run(args);
	}

}
