package dev.weir.web.servlet;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

import dev.weir.core.ForeignDataException;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.LeaseException;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.local.LocalLeaseStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.RestControllerAdvice;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LeaseProblemAdvice}.
 */
class LeaseProblemAdviceTests {

	private static final int ORDER = Ordered.LOWEST_PRECEDENCE - 1000;

	private final MockMvcTester mvc = mvc(
			new LeaseProblemAdvice(HttpStatus.CONFLICT, HttpStatus.SERVICE_UNAVAILABLE, ORDER));

	@Test
	void aBusyLockIsAConflictWithRetryAfter() {
		assertThat(this.mvc.get().uri("/busy-lock")).hasStatus(HttpStatus.CONFLICT)
			.hasContentType("application/problem+json")
			.hasHeader("Retry-After", "30")
			.bodyJson()
			.isLenientlyEqualTo("""
					{"status": 409, "title": "Conflict", "policy": "orders",
					"detail": "Another request holds the lock 'orders'. Try again later."}""");
	}

	@Test
	void theResponseContainsNeitherKeyNorHolder() {
		assertThat(this.mvc.get().uri("/busy-lock")).bodyText().doesNotContain("secret").doesNotContain("pod-7");
	}

	@Test
	void aBusySemaphoreIsServiceUnavailable() {
		assertThat(this.mvc.get().uri("/busy-semaphore")).hasStatus(HttpStatus.SERVICE_UNAVAILABLE)
			.bodyJson()
			.isLenientlyEqualTo(
					"{\"detail\": \"Other requests hold all permits of the semaphore 'orders'. Try again later.\"}");
	}

	@Test
	void aStoreThatDoesNotAnswerIsServiceUnavailable() {
		assertThat(this.mvc.get().uri("/unavailable")).hasStatus(HttpStatus.SERVICE_UNAVAILABLE)
			.hasContentType("application/problem+json")
			.hasHeader("Retry-After", "1")
			.bodyJson()
			.isLenientlyEqualTo("{\"title\": \"Service Unavailable\", \"policy\": \"orders\"}");
	}

	@Test
	void foreignDataUnderTheKeyOfAGuardIsServiceUnavailableWithoutRetryAfter() {
		assertThat(this.mvc.get().uri("/foreign-data")).hasStatus(HttpStatus.SERVICE_UNAVAILABLE)
			.hasContentType("application/problem+json")
			.doesNotContainHeader("Retry-After")
			.bodyText()
			.contains("the data of its guard is not readable")
			.doesNotContain("secret");
	}

	@Test
	void aClientThatWantsAnEventStreamGetsTheProblemToo() {
		assertThat(this.mvc.get().uri("/unavailable").header("Accept", "text/event-stream"))
			.hasStatus(HttpStatus.SERVICE_UNAVAILABLE)
			.hasContentType("application/problem+json");
	}

	@Test
	void theStatusOfABusyLockCanBeChosen() {
		assertThat(mvc(new LeaseProblemAdvice(HttpStatusCode.valueOf(423), HttpStatus.TOO_MANY_REQUESTS, ORDER)).get()
			.uri("/busy-lock")).hasStatus(423);
	}

	@Test
	void theStatusOfABusySemaphoreCanBeChosen() {
		assertThat(mvc(new LeaseProblemAdvice(HttpStatus.CONFLICT, HttpStatus.TOO_MANY_REQUESTS, ORDER)).get()
			.uri("/busy-semaphore")).hasStatus(HttpStatus.TOO_MANY_REQUESTS);
	}

	@Test
	void aHandlerOfTheApplicationComesFirst() {
		assertThat(
				mvc(new LeaseProblemAdvice(HttpStatus.CONFLICT, HttpStatus.SERVICE_UNAVAILABLE, ORDER), new OwnAdvice())
					.get()
					.uri("/busy-lock"))
			.hasStatus(HttpStatus.I_AM_A_TEAPOT);
	}

	@Test
	void comesBeforeAHandlerForAllExceptions() {
		assertThat(
				mvc(new CatchAll(), new LeaseProblemAdvice(HttpStatus.CONFLICT, HttpStatus.SERVICE_UNAVAILABLE, ORDER))
					.get()
					.uri("/busy-lock"))
			.hasStatus(HttpStatus.CONFLICT)
			.hasHeader("Retry-After", "30");
	}

	@ParameterizedTest
	@ValueSource(strings = { "text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
			"text/html, application/json;q=0.9" })
	void sendsABrowserToTheErrorPage(String accept) {
		assertThat(this.mvc.get().uri("/busy-lock").header("Accept", accept)).hasStatus(HttpStatus.CONFLICT)
			.hasHeader("Retry-After", "30")
			.bodyText()
			.isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "*/*", "application/json", "application/json, text/html;q=0.9", "application/problem+json",
			"image/png", "not a type" })
	void sendsOtherClientsTheProblem(String accept) {
		assertThat(this.mvc.get().uri("/busy-lock").header("Accept", accept)).hasStatus(HttpStatus.CONFLICT)
			.hasContentType("application/problem+json");
	}

	private static MockMvcTester mvc(Object... advices) {
		return MockMvcTester.of(List.of(new Controller()), (builder) -> builder.setControllerAdvice(advices).build());
	}

	@RestController
	static class Controller {

		@GetMapping("/busy-lock")
		void busyLock() {
			fail(new LocalLeaseStore(), LeaseKind.LOCK, true);
		}

		@GetMapping("/busy-semaphore")
		void busySemaphore() {
			fail(new LocalLeaseStore(), LeaseKind.SEMAPHORE, true);
		}

		@GetMapping("/foreign-data")
		void foreignData() {
			throw new ForeignDataException("a secret", null);
		}

		@GetMapping("/unavailable")
		void unavailable() {
			fail(new SilentStore(), LeaseKind.LOCK, false);
		}

		private static void fail(LeaseStore store, LeaseKind kind, boolean held) throws LeaseException {
			LeaseRequest request = new LeaseRequest("orders", new LeaseKey(kind, "orders:secret"), 1, null,
					Duration.ZERO, false, "test");
			try (LeaseManager manager = new LeaseManager(store,
					new LeaseSettings(Duration.ofSeconds(30), "application", "pod-7"), Runnable::run)) {
				if (held) {
					manager.acquire(request);
				}
				manager.acquire(request);
			}
		}

	}

	@RestControllerAdvice
	@Order(0)
	static class OwnAdvice {

		@ExceptionHandler
		ResponseEntity<Void> handle(LeaseException ex) {
			return ResponseEntity.status(HttpStatus.I_AM_A_TEAPOT).build();
		}

	}

	@RestControllerAdvice
	static class CatchAll {

		@ExceptionHandler
		ResponseEntity<Void> handle(Exception ex) {
			return ResponseEntity.internalServerError().build();
		}

	}

	/**
	 * A store that does not answer.
	 */
	static final class SilentStore implements LeaseStore {

		private final LocalLeaseStore rest = new LocalLeaseStore();

		@Override
		public CompletionStage<Attempt> tryAcquire(Claim claim) {
			return CompletableFuture.failedStage(new StoreUnavailableException("no answer"));
		}

		@Override
		public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
			return this.rest.renew(key, owner, ttl);
		}

		@Override
		public CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time) {
			return this.rest.keep(key, owner, time);
		}

		@Override
		public CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit) {
			return this.rest.release(key, owner, waitingLimit);
		}

		@Override
		public CompletionStage<Void> leave(LeaseKey key, boolean passOn) {
			return this.rest.leave(key, passOn);
		}

		@Override
		public void onWakeUp(Consumer<LeaseKey> listener) {
			this.rest.onWakeUp(listener);
		}

	}

}
