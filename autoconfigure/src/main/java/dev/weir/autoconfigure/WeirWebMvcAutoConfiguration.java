package dev.weir.autoconfigure;

import dev.weir.lease.LeaseTemplate;
import dev.weir.web.LeaseProblemAdvice;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatusCode;
import org.springframework.web.servlet.DispatcherServlet;

/**
 * {@link AutoConfiguration Auto-configuration} for Spring MVC: problem details for
 * requests whose guarded call failed.
 */
@AutoConfiguration(after = WeirAutoConfiguration.class)
@ConditionalOnClass(DispatcherServlet.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
public final class WeirWebMvcAutoConfiguration {

	@Bean
	@ConditionalOnBean(LeaseTemplate.class)
	@ConditionalOnBooleanProperty(name = "weir.web.problem-details", matchIfMissing = true)
	@ConditionalOnMissingBean
	LeaseProblemAdvice weirLeaseProblemAdvice(WeirProperties properties) {
		return new LeaseProblemAdvice(HttpStatusCode.valueOf(properties.lock().busyStatus()),
				HttpStatusCode.valueOf(properties.semaphore().busyStatus()));
	}

}
