package dev.weir.autoconfigure;

import dev.weir.policy.TransactionPolicies;
import dev.weir.transaction.JsonValueSerializer;
import dev.weir.transaction.RedisTransactionOperations;
import dev.weir.transaction.RedisTransactions;
import dev.weir.transaction.TransactionOptions;
import dev.weir.transaction.TransactionScope;
import dev.weir.transaction.TransactionStore;
import dev.weir.transaction.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * {@link AutoConfiguration Auto-configuration} for transactions on Redis. The local store
 * has no transactions.
 */
@AutoConfiguration(after = { WeirRedisAutoConfiguration.class, WeirAutoConfiguration.class },
		afterName = "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration")
@ConditionalOnBooleanProperty(name = "weir.enabled", matchIfMissing = true)
@EnableConfigurationProperties(WeirProperties.class)
public final class WeirTransactionAutoConfiguration {

	@Bean
	TransactionPolicies weirTransactionPolicies(ConfigurableBeanFactory beanFactory) {
		return new TransactionPolicies(beanFactory::resolveEmbeddedValue);
	}

	@Bean
	@ConditionalOnBean(TransactionStore.class)
	@ConditionalOnMissingBean(RedisTransactionOperations.class)
	RedisTransactions weirRedisTransactions(TransactionStore store, ObjectProvider<ValueSerializer> serializer,
			WeirProperties properties, EngineThreads threads) {
		WeirProperties.Transaction transaction = properties.transaction();
		return new RedisTransactions(store, serializer.getIfAvailable(BytesOnly::new),
				new TransactionOptions(null, transaction.retries(), transaction.timeout()),
				transaction.maxValueSize().toBytes(), threads.executor(), new TransactionScope());
	}

	/**
	 * Values as JSON.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(JsonMapper.class)
	static class JsonConfiguration {

		@Bean
		@ConditionalOnBean(TransactionStore.class)
		@ConditionalOnMissingBean(ValueSerializer.class)
		JsonValueSerializer weirValueSerializer(ObjectProvider<JsonMapper> mapper) {
			return new JsonValueSerializer(mapper.getIfAvailable(JsonMapper::shared));
		}

	}

	/**
	 * Stands in for a missing serializer: only arrays of bytes can be written and read.
	 */
	private static final class BytesOnly implements ValueSerializer {

		@Override
		public byte[] serialize(Object value) {
			throw missing();
		}

		@Override
		public <T> T deserialize(byte[] bytes, Class<T> type) {
			throw missing();
		}

		private static IllegalStateException missing() {
			return new IllegalStateException("Weir has no serializer for the values of transactions: add "
					+ "'spring-boot-starter-jackson', or define a bean of type " + ValueSerializer.class.getName()
					+ ", or use arrays of bytes");
		}

	}

}
