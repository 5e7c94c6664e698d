package dev.weir.autoconfigure;

import java.util.Objects;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Compares {@code weir.redis.client} with {@link ConditionalOnRedisClient}.
 */
class OnRedisClientCondition extends SpringBootCondition {

	private static final String PROPERTY = "weir.redis.client";

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		Object client = Objects
			.requireNonNull(metadata.getAnnotationAttributes(ConditionalOnRedisClient.class.getName()))
			.get("value");
		WeirProperties.Redis.Client wanted = Binder.get(context.getEnvironment())
			.bind(PROPERTY, WeirProperties.Redis.Client.class)
			.orElse(WeirProperties.Redis.Client.AUTO);
		ConditionMessage message = ConditionMessage.forCondition(PROPERTY).because("it is " + wanted);
		return (wanted == WeirProperties.Redis.Client.AUTO || wanted == client) ? ConditionOutcome.match(message)
				: ConditionOutcome.noMatch(message);
	}

}
