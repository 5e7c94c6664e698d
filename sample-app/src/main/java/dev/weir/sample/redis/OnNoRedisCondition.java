package dev.weir.sample.redis;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches if no Redis is configured.
 */
class OnNoRedisCondition extends SpringBootCondition {

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		Environment environment = context.getEnvironment();
		DataRedisProperties redis = Binder.get(environment)
			.bindOrCreate("spring.data.redis", DataRedisProperties.class);
		// Host and port have defaults, so only the environment shows whether they are
		// configured.
		boolean configured = environment.containsProperty("spring.data.redis.host")
				|| environment.containsProperty("spring.data.redis.port") || redis.getUrl() != null
				|| redis.getSentinel() != null || redis.getCluster() != null || redis.getMasterreplica() != null;
		ConditionMessage.Builder message = ConditionMessage.forCondition("Redis");
		return configured ? ConditionOutcome.noMatch(message.because("an address is configured by spring.data.redis.*"))
				: ConditionOutcome.match(message.because("no address is configured"));
	}

}
