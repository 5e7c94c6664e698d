package dev.weir.autoconfigure;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import dev.weir.actuate.ChangeMessage;
import dev.weir.actuate.MessageSignature;
import dev.weir.actuate.OperatorAudit;
import dev.weir.actuate.PolicyChange;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.PolicyKind;
import dev.weir.redis.Broadcast;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;

/**
 * Tests for {@link OperatorChanges}: the messages that a client with the right to publish
 * can send, with and without a secret.
 */
@ExtendWith(OutputCaptureExtension.class)
class OperatorChangesTests {

	private static final String SECRET = "a secret of the tests";

	private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");

	private final List<AuditEvent> audited = new ArrayList<>();

	private final Broadcast broadcast = mock(Broadcast.class);

	private Instant now = NOW;

	private PolicyCatalog catalog;

	@ParameterizedTest
	@CsvSource(delimiter = '|', nullValues = "-", textBlock = """
			lock | job | enabled | false
			lock | job | timeout | 1ms
			lock | job | wait-time | 0s
			semaphore | batch | limit | 4
			semaphore | batch | limit |
			rate-limit | chat | limit | 11/1m
			rate-limit | chat | limit | 10/59s
			rate-limit | chat | limit | 21/10m
			rate-limit | chat | burst | 21
			rate-limit | chat | burst |
			rate-limit | chat | shadow | true
			rate-limit | chat | enabled | true
			""")
	void withoutASecretAMessageCannotLoosenAGuard(String kind, String name, String attribute, @Nullable String value,
			CapturedOutput output) {
		PolicyChange change = new PolicyChange(PolicyKind.of(kind), name,
				Map.of(attribute, (value != null) ? value : ""));
		changes(null, (changes) -> {
			String before = values();
			changes.received(new ChangeMessage("1", NOW, "mallory", change).toText());
			assertThat(values()).isEqualTo(before);
			assertThat(this.audited).isEmpty();
			assertThat(output).containsOnlyOnce("rejected").contains("Without a secret").doesNotContain("\tat ");
			assertThatIllegalArgumentException().isThrownBy(() -> changes.applyToAll(change, "operator"))
				.withMessageContaining("weir.changes.secret");
			assertThat(values()).isEqualTo(before);
			then(this.broadcast).should(never()).publish(anyString());
		});
	}

	@ParameterizedTest
	@CsvSource({ "semaphore, batch, limit, 3", "semaphore, batch, limit, 1", "rate-limit, chat, limit, 10/1m",
			"rate-limit, chat, limit, 5", "rate-limit, chat, limit, 20/2m", "rate-limit, chat, burst, 20",
			"rate-limit, chat, shadow, false" })
	void withoutASecretAMessageCanTightenAGuard(String kind, String name, String attribute, String value,
			CapturedOutput output) {
		changes(null, (changes) -> {
			changes.received(new ChangeMessage("1", NOW, "operator",
					new PolicyChange(PolicyKind.of(kind), name, Map.of(attribute, value)))
				.toText());
			assertThat(output).doesNotContain("rejected");
			assertThat(this.audited).singleElement()
				.satisfies((event) -> assertThat(event.getData()).containsEntry(attribute, value));
		});
	}

	@Test
	void withASecretASignedMessageCanChangeEverything() {
		changes(SECRET, (changes) -> {
			changes.received(signed("1", "operator", Map.of("limit", "9")));
			assertThat(values()).contains("batch limit=9");
			assertThat(this.audited).singleElement()
				.satisfies((event) -> assertThat(event.getPrincipal()).isEqualTo("operator"));
		});
	}

	@Test
	void rejectsMessagesThatAreNotSignedOrSignedWithAnotherSecret(CapturedOutput output) {
		String text = message("1", "mallory", Map.of("limit", "1"));
		String valid = signed("1", "mallory", Map.of("limit", "1"));
		changes(SECRET, (changes) -> {
			String before = values();
			for (String forged : List.of(text, text + "&mac=", text + "&mac=zz", valid.replace("limit=1", "limit=2"),
					valid.substring(0, valid.length() - 2), valid + "00", "limit=1&" + valid,
					new MessageSignature("another secret of tests", "weir:changes").sign(text),
					new MessageSignature(SECRET, "other:changes").sign(text))) {
				changes.received(forged);
			}
			assertThat(values()).isEqualTo(before);
			assertThat(this.audited).isEmpty();
			assertThat(output).containsOnlyOnce("signature of the message is missing or wrong");
			this.now = NOW.plusSeconds(60);
			changes.received("again");
			assertThat(output).contains("rejected 9 message(s)");
			this.now = NOW;
			changes.received(valid);
			assertThat(values()).contains("batch limit=1");
		});
	}

	@Test
	void anInstanceWithoutASecretAppliesNoSignedMessage() {
		changes(null, (changes) -> {
			changes.received(signed("1", "operator", Map.of("limit", "1")));
			assertThat(values()).contains("batch limit=3");
		});
	}

	@Test
	void rejectsMessagesThatAreSentAgainOrAreNotRecent() {
		changes(SECRET, (changes) -> {
			String lower = signed("1", "operator", Map.of("limit", "1"));
			changes.received(lower);
			changes.received(signed("2", "operator", Map.of("limit", "2")));
			changes.received(lower);
			assertThat(values()).contains("batch limit=2");
			this.now = NOW.plus(Duration.ofSeconds(61));
			changes.received(signed("3", "operator", Map.of("limit", "1")));
			this.now = NOW.minus(Duration.ofSeconds(61));
			changes.received(signed("4", "operator", Map.of("limit", "1")));
			assertThat(values()).contains("batch limit=2");
			assertThat(this.audited).hasSize(2);
		});
	}

	@Test
	void aFloodOfMessagesIsForgottenAfterTwoMinutes() {
		changes(SECRET, (changes) -> {
			for (int i = 0; i < 1100; i++) {
				changes.received(signed("id" + i, "operator", Map.of("limit", Integer.toString(1 + i % 2))));
			}
			assertThat(this.audited).hasSize(1000);
			this.now = NOW.plusSeconds(121);
			changes.received(new MessageSignature(SECRET, "weir:changes")
				.sign(new ChangeMessage("later", this.now, "operator", batch(Map.of("limit", "7"))).toText()));
			assertThat(values()).contains("batch limit=7");
		});
	}

	@Test
	void appliesItsOwnMessageAgainWithoutASecondAudit() {
		List<String> sent = new ArrayList<>();
		given(this.broadcast.publish(anyString())).willAnswer((call) -> {
			sent.add(call.getArgument(0));
			return CompletableFuture.completedFuture(2L);
		});
		changes(SECRET, (changes) -> {
			assertThat(changes.applyToAll(batch(Map.of("limit", "5")), "operator")).isEqualTo(2);
			changes.received(signed("1", "other", Map.of("limit", "6")));
			changes.received(sent.get(0));
			assertThat(values()).contains("batch limit=5");
			assertThat(this.audited).extracting(AuditEvent::getPrincipal).containsExactly("operator", "other");
			changes.received(signed("2", "other", Map.of("limit", "4")));
			changes.received(sent.get(0));
			assertThat(values()).contains("batch limit=4");
		});
	}

	@Test
	void theIdOfAnOwnMessageIsNoPassForAnotherChange() {
		List<String> sent = new ArrayList<>();
		given(this.broadcast.publish(anyString())).willAnswer((call) -> {
			sent.add(call.getArgument(0));
			return CompletableFuture.completedFuture(2L);
		});
		changes(null, (changes) -> {
			changes.applyToAll(batch(Map.of("limit", "2")), "operator");
			String id = ChangeMessage.of(sent.get(0)).id();
			changes.received(
					new ChangeMessage(id, NOW, "mallory", batch(Map.of("enabled", "false", "limit", "9"))).toText());
			assertThat(values()).contains("batch limit=2").doesNotContain("enabled=false");
			assertThat(this.audited).hasSize(1);
		});
	}

	@Test
	void messagesAboutUnknownPoliciesDoNotKeepOthersOut() {
		changes(null, (changes) -> {
			for (int i = 0; i < 1100; i++) {
				changes.received(new ChangeMessage("id" + i, NOW, "mallory",
						new PolicyChange(PolicyKind.SEMAPHORE, "invented", Map.of("limit", "1")))
					.toText());
			}
			changes.received(message("last", "operator", Map.of("limit", "2")));
			assertThat(values()).contains("batch limit=2");
		});
	}

	@Test
	void instancesEndWithTheValuesOfTheMessageThatWasSentLast() {
		changes(SECRET, (changes) -> {
			MessageSignature signature = new MessageSignature(SECRET, "weir:changes");
			String first = new ChangeMessage("1", NOW, "operator", batch(Map.of("limit", "9"))).toText();
			String second = new ChangeMessage("2", NOW.plusSeconds(20), "operator", batch(Map.of("limit", "1")))
				.toText();
			changes.received(signature.sign(second));
			changes.received(signature.sign(first));
			assertThat(values()).contains("batch limit=1");
			// The value of another attribute counts, although the message is late.
			changes.received(signature
				.sign(new ChangeMessage("3", NOW, "operator", batch(Map.of("limit", "7", "timeout", "5m"))).toText()));
			assertThat(values()).contains("batch limit=1, timeout=PT5M");
		});
	}

	@Test
	void aChangeCountsMoreThanAnEarlierOneOfAnInstanceWhoseClockIsAhead() {
		List<String> sent = new ArrayList<>();
		given(this.broadcast.publish(anyString())).willAnswer((call) -> {
			sent.add(call.getArgument(0));
			return CompletableFuture.completedFuture(2L);
		});
		changes(SECRET, (changes) -> {
			changes.received(new MessageSignature(SECRET, "weir:changes")
				.sign(new ChangeMessage("1", NOW.plusSeconds(30), "ahead", batch(Map.of("limit", "9"))).toText()));
			changes.applyToAll(batch(Map.of("limit", "4")), "operator");
			changes.received(sent.get(0));
			assertThat(values()).contains("batch limit=4");
			String message = new MessageSignature(SECRET, "weir:changes").verify(sent.get(0));
			assertThat(ChangeMessage.of(message).sent()).isAfter(NOW.plusSeconds(30));
		});
	}

	@Test
	void withoutASecretInstancesEndWithTheSameValueAlthoughMessagesCross() {
		List<String> sent = new ArrayList<>();
		given(this.broadcast.publish(anyString())).willAnswer((call) -> {
			sent.add(call.getArgument(0));
			return CompletableFuture.completedFuture(2L);
		});
		changes(null, (changes) -> {
			changes.applyToAll(batch(Map.of("limit", "2")), "here");
			changes.received(message("other", "there", Map.of("limit", "1")));
			changes.received(sent.get(0));
			assertThat(values()).contains("batch limit=1");
		});
	}

	@Test
	void rejectsAChangeThatWouldAlsoApplyToAnotherPolicy() {
		new ApplicationContextRunner()
			.withPropertyValues("weir.store=local", "management.endpoints.web.exposure.include=weir",
					"weir.rate-limit.policies.[ab].limit=100/1m", "weir.rate-limit.policies.[a-b].limit=5/1m")
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
					WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class,
					WeirEndpointAutoConfiguration.class))
			.run((context) -> {
				PolicyCatalog policies = context.getBean(PolicyCatalog.class);
				String before = policies.all().toString();
				PolicyChange change = new PolicyChange(PolicyKind.RATE_LIMIT, "ab", Map.of("limit", "90/1m"));
				if (policies.all().stream().anyMatch((policy) -> policy.name().equals("a-b"))) {
					assertThatIllegalArgumentException()
						.isThrownBy(() -> context.getBean(OperatorChanges.class).apply(change, "operator"))
						.withMessageContaining("also apply to the policy 'a-b'");
				}
				assertThat(policies.all().toString()).isEqualTo(before);
			});
	}

	@Test
	void aVeryLongWindowIsNoError() {
		changes(null, (changes) -> {
			changes.received(new ChangeMessage("1", NOW, "operator",
					new PolicyChange(PolicyKind.RATE_LIMIT, "chat", Map.of("limit", "5/200000d")))
				.toText());
			assertThat(values()).contains("chat");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "&", "=", "x", "id=1", "enabled=false", "%", "%zz=1", "id=1&id=2",
			"id=1&sent=x&operator=o&kind=semaphore&name=batch&limit=1",
			"id=1&sent=99999999999999999999&operator=o&kind=semaphore&name=batch&limit=1",
			"id=1&sent=1796040000000&operator=o&kind=semaphore&name=batch",
			"id=1&sent=1796040000000&operator=o&kind=semaphore&name=batch&limit=1&color=red",
			"id=1&sent=1796040000000&operator=o&kind=flag&name=batch&limit=1",
			"id=1&sent=1796040000000&operator=o&kind=semaphore&name=invented&limit=1",
			"id=1&sent=1796040000000&operator=o&kind=semaphore&name=batch%0a2026&limit=1",
			"id=1&sent=1796040000000&operator=o&kind=semaphore&name=batch&limit=1%0a",
			"id=1&sent=1796040000000&operator=o&kind=semaphore&name=batch&limit=1\nkind=lock" })
	void rejectsTextsThatAreNoMessages(String text, CapturedOutput output) {
		changes(SECRET, (changes) -> {
			changes.received(new MessageSignature(SECRET, "weir:changes").sign(text));
			assertThat(values()).contains("batch limit=3");
			assertThat(this.audited).isEmpty();
			assertThat(output.getOut().lines().filter((line) -> line.contains("rejected 1 message"))).hasSize(1);
			assertThat(output).doesNotContain("\tat ");
		});
	}

	@Test
	void aNameOfAnOperatorIsPrintableInLogAndAudit(CapturedOutput output) {
		changes(SECRET, (changes) -> {
			changes.received(signed("1", "mallory\nWEIR_POLICY_CHANGED by root\u001b[2J" + "x".repeat(1000),
					Map.of("limit", "1")));
			assertThat(output.getOut().lines().filter((line) -> line.startsWith("WEIR_POLICY_CHANGED"))).isEmpty();
			assertThat(this.audited).singleElement()
				.satisfies((event) -> assertThat(event.getPrincipal()).startsWith("mallory\\u000aWEIR")
					.contains("\\u001b")
					.hasSizeLessThan(150));
		});
	}

	private static String message(String id, String operator, Map<String, String> values) {
		return new ChangeMessage(id, NOW, operator, batch(values)).toText();
	}

	private static String signed(String id, String operator, Map<String, String> values) {
		return new MessageSignature(SECRET, "weir:changes").sign(message(id, operator, values));
	}

	private static PolicyChange batch(Map<String, String> values) {
		return new PolicyChange(PolicyKind.SEMAPHORE, "batch", new HashMap<>(values));
	}

	private String values() {
		return this.catalog.all()
			.stream()
			.map((policy) -> policy.name() + " "
					+ policy.values()
						.entrySet()
						.stream()
						.map((value) -> value.getKey() + "=" + value.getValue().value())
						.sorted()
						.toList()
						.toString()
						.replaceAll("[\\[\\]]", ""))
			.toList()
			.toString();
	}

	private void changes(@Nullable String secret, Consumer<OperatorChanges> test) {
		new ApplicationContextRunner()
			.withPropertyValues("weir.store=local", "management.endpoints.web.exposure.include=weir",
					"weir.lock.policies.job.timeout=1m", "weir.semaphore.policies.batch.limit=3",
					"weir.rate-limit.policies.chat.limit=10/1m", "weir.rate-limit.policies.chat.burst=20",
					"weir.rate-limit.policies.chat.shadow=true")
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, WeirAutoConfiguration.class,
					WeirRateLimitAutoConfiguration.class, WeirAopAutoConfiguration.class,
					WeirEndpointAutoConfiguration.class))
			.run((context) -> {
				this.catalog = context.getBean(PolicyCatalog.class);
				Clock clock = mock(Clock.class);
				given(clock.instant()).willAnswer((call) -> this.now);
				given(clock.getZone()).willReturn(ZoneOffset.UTC);
				test.accept(new OperatorChanges(context.getBean(PropertiesInForce.class), this.catalog, this.broadcast,
						new MessageSignature(secret, "weir:changes"), new OperatorAudit(this.audited::add), clock));
			});
	}

}
