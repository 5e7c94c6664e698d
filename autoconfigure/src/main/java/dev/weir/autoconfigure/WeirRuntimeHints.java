package dev.weir.autoconfigure;

import dev.weir.policy.LeaderSettings;
import dev.weir.policy.LockSettings;
import dev.weir.policy.Rate;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.RateWindow;
import dev.weir.policy.SemaphoreSettings;
import dev.weir.web.RateLimitRule;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;
import org.springframework.util.ClassUtils;

/**
 * Registers hints for everything that a native image must keep although no code refers to
 * it by name: the scripts, the values of maps of properties, a field of the application's
 * connection factory, the types that expressions of outgoing calls use, and those that
 * the actuator writes as JSON.
 */
class WeirRuntimeHints implements RuntimeHintsRegistrar {

	private static final String ENDPOINT = "dev.weir.actuate.WeirEndpoint";

	private static final String LETTUCE_FACTORY = "org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory";

	private static final String[] ANSWERS = { "dev.weir.policy.PolicyDescription", ENDPOINT + "$Policies",
			ENDPOINT + "$Leases", "dev.weir.actuate.LiveLease", ENDPOINT + "$Buckets", "dev.weir.actuate.LiveBucket",
			ENDPOINT + "$Changed", "dev.weir.actuate.LiveLeaders" };

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		hints.resources().registerPattern("dev/weir/redis/*.lua");
		BindableRuntimeHintsRegistrar
			.forTypes(WeirProperties.class, LockSettings.class, SemaphoreSettings.class, LeaderSettings.class,
					RateLimitSettings.class, RateLimitRule.class)
			.registerHints(hints);
		hints.reflection().registerType(Rate.class, MemberCategory.INVOKE_PUBLIC_METHODS);
		hints.reflection().registerType(RateWindow.class, MemberCategory.INVOKE_PUBLIC_METHODS);
		hints.reflection()
			.registerTypeIfPresent(classLoader, "dev.weir.outgoing.OutgoingRequest",
					MemberCategory.INVOKE_PUBLIC_METHODS)
			.registerTypeIfPresent(classLoader, "dev.weir.outgoing.OutgoingResponse",
					MemberCategory.INVOKE_PUBLIC_METHODS)
			.registerTypeIfPresent(classLoader, "dev.weir.outgoing.OutgoingPolicies$Calls",
					MemberCategory.INVOKE_DECLARED_METHODS);
		// LettuceClients reads it.
		hints.reflection()
			.registerTypeIfPresent(classLoader, LETTUCE_FACTORY, (factory) -> factory.withField("configuration"));
		BindingReflectionHintsRegistrar answers = new BindingReflectionHintsRegistrar();
		for (String answer : ANSWERS) {
			answers.registerReflectionHints(hints.reflection(), ClassUtils.resolveClassName(answer, classLoader));
		}
	}

}
