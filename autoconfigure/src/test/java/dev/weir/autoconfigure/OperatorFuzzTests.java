package dev.weir.autoconfigure;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import dev.weir.actuate.ChangeMessage;
import dev.weir.actuate.MessageSignature;
import dev.weir.actuate.OperatorAudit;
import dev.weir.actuate.PolicyChange;
import dev.weir.actuate.WeirEndpoint;
import dev.weir.core.HostileText;
import dev.weir.core.LogWatch;
import dev.weir.core.Printable;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.PolicyKind;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Fuzzes the messages on the channel for changes, and the requests to the endpoint.
 */
class OperatorFuzzTests {

	private static final String SECRET = "a secret of the tests";

	private static final MessageSignature SIGNATURE = new MessageSignature(SECRET, "weir:changes");

	private static ConfigurableApplicationContext context;

	private static LogWatch log;

	private static PolicyCatalog catalog;

	private static List<String> names;

	private final AtomicInteger ids = new AtomicInteger();

	private final List<AuditEvent> audited = new ArrayList<>();

	@BeforeContainer
	static void start() {
		context = new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.run("--weir.store=local", "--management.endpoints.web.exposure.include=weir",
					"--management.endpoint.weir.access=unrestricted", "--weir.lock.policies.job.timeout=1m",
					"--weir.semaphore.policies.batch.limit=3", "--weir.rate-limit.policies.chat.limit=10/1m");
		catalog = context.getBean(PolicyCatalog.class);
		names = names();
		log = new LogWatch();
	}

	@AfterContainer
	static void stop() {
		assertThat(log.lines()).isPositive();
		log.close();
		context.close();
	}

	@Provide
	Arbitrary<String> texts() {
		return HostileText.of("id=1", "&", "sent=", "operator=", "kind=lock", "kind=semaphore", "name=batch", "limit=",
				"enabled=false", "&mac=", "00", "batch", "chat", "job");
	}

	@Property
	void aTextThatIsNotSignedChangesNothing(@ForAll("texts") String text) {
		OperatorChanges changes = changes(SECRET);
		String before = values();
		changes.received(text);
		changes.received(text + "&mac=" + "00".repeat(32));
		assertThat(values()).isEqualTo(before);
		assertThat(this.audited).isEmpty();
	}

	@Property
	void aSignedTextIsAChangeOfAKnownPolicyOrRejected(@ForAll("texts") String text) {
		changes(SECRET).received(SIGNATURE.sign(text));
		assertThat(names()).isEqualTo(names);
	}

	@Property
	void aMessageChangesKnownPoliciesOnlyAndAuditsPrintableText(@ForAll("messages") ChangeMessage message,
			@ForAll boolean signed) {
		OperatorChanges changes = changes(signed ? SECRET : null);
		String before = values();
		changes.received(signed ? SIGNATURE.sign(message.toText()) : message.toText());
		assertThat(names()).isEqualTo(names);
		assertThat(this.audited).allSatisfy((event) -> {
			assertThat(Printable.isPrintable(event.getPrincipal())).isTrue();
			assertThat(Printable.isPrintable(event.getData().toString())).isTrue();
		});
		if (this.audited.isEmpty()) {
			assertThat(values()).isEqualTo(before);
		}
	}

	@Provide
	Arbitrary<ChangeMessage> messages() {
		Arbitrary<String> operators = HostileText.of("alice", "operator");
		Arbitrary<PolicyChange> changes = Combinators
			.combine(Arbitraries.of(PolicyKind.values()),
					Arbitraries.of("job", "batch", "chat", "other", "batch ", "b\u0430tch"),
					Arbitraries.of("limit", "enabled", "timeout", "burst", "shadow", "wait-time"),
					Arbitraries.of("", "1", "2", "9", "5/1m", "1/1h", "false", "true", "1s", "PT1M", "-1", "many"))
			.as(OperatorFuzzTests::change)
			.filter((change) -> change != NONE);
		return Combinators.combine(operators, changes)
			.as((operator, change) -> new ChangeMessage("id" + this.ids.incrementAndGet(), Instant.now(), operator,
					change));
	}

	private static final PolicyChange NONE = new PolicyChange(PolicyKind.LOCK, "none", Map.of("enabled", ""));

	private static PolicyChange change(PolicyKind kind, String name, String attribute, String value) {
		try {
			return new PolicyChange(kind, name, Map.of(attribute, value));
		}
		catch (IllegalArgumentException ex) {
			return NONE;
		}
	}

	@Property
	void theEndpointAnswersEachRequestOrRejectsIt(@ForAll("selectors") String what, @ForAll("texts") String first,
			@ForAll("texts") String second, @ForAll Integer count) {
		WeirEndpoint endpoint = context.getBean(WeirEndpoint.class);
		answered(endpoint.list(what, first, nullIfEmpty(second), count));
		answered(endpoint.release(what, "weir:" + first, null, nullIfEmpty(second), SecurityContext.NONE));
		answered(endpoint.release(what, first, second, null, SecurityContext.NONE));
		answered(endpoint.change(what, first, second, first, second, first, second, first, second, "instance",
				SecurityContext.NONE));
		answered(endpoint.change("policies", "semaphore", first, null, second, null, null, null, null, first,
				SecurityContext.NONE));
		assertThat(names()).isEqualTo(names);
	}

	@Provide
	Arbitrary<String> selectors() {
		return Arbitraries.oneOf(Arbitraries.of("leases", "buckets", "circuits", "policies"), HostileText.of("leases"));
	}

	private static @Nullable String nullIfEmpty(String text) {
		return text.isEmpty() ? null : text;
	}

	private static void answered(Object answer) {
		if (answer instanceof WebEndpointResponse<?> rejected) {
			assertThat(rejected.getStatus()).isEqualTo(400);
		}
	}

	private OperatorChanges changes(@Nullable String secret) {
		this.audited.clear();
		return new OperatorChanges(context.getBean(PropertiesInForce.class), catalog, null,
				new MessageSignature(secret, "weir:changes"), new OperatorAudit(this.audited::add), Clock.systemUTC());
	}

	private static List<String> names() {
		return catalog.all().stream().map((policy) -> policy.kind() + " " + policy.name()).toList();
	}

	private static String values() {
		return catalog.all().toString();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ AopAutoConfiguration.class, WeirAutoConfiguration.class,
			WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class, WeirEndpointAutoConfiguration.class })
	static class Application {

	}

}
