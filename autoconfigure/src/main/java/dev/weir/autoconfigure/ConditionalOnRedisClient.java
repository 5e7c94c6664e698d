package dev.weir.autoconfigure;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.context.annotation.Conditional;

/**
 * Matches unless {@code weir.redis.client} names another client.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Conditional(OnRedisClientCondition.class)
@interface ConditionalOnRedisClient {

	/**
	 * The client that the class configures.
	 * @return the client
	 */
	WeirProperties.Redis.Client value();

}
