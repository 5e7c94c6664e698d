package dev.weir.actuate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.core.OnUnavailable;
import dev.weir.core.StoreProbe;
import dev.weir.core.StoreUnavailableException;
import dev.weir.lease.Leaders;
import dev.weir.lease.Leadership;
import dev.weir.lease.LeaseDirectory;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseStore;
import dev.weir.lease.OnLost;
import dev.weir.local.LocalBucketStore;
import dev.weir.policy.Callers;
import dev.weir.policy.GuardedMethods;
import dev.weir.policy.LeaseNames;
import dev.weir.policy.LeasePolicies;
import dev.weir.policy.LockSettings;
import dev.weir.policy.PolicyCatalog;
import dev.weir.policy.RateLimitPolicies;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.RateWindow;
import dev.weir.policy.SemaphoreSettings;
import dev.weir.policy.UserHash;
import dev.weir.policy.WaitRooms;
import dev.weir.ratelimit.BucketDirectory;
import dev.weir.ratelimit.RateLimiter;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;

/**
 * Tests for {@link WeirEndpoint}: the leases that it shows and releases, and its audit.
 */
class WeirEndpointTests {

	private static final String HOLDER = "id-1|0|shop|1|Job.run";

	private final StoreProbe probe = mock(StoreProbe.class);

	private final LeaseStore store = mock(LeaseStore.class);

	private final LeaseDirectory directory = mock(LeaseDirectory.class);

	private final List<AuditEvent> audited = new ArrayList<>();

	private final List<Leadership> roles = new ArrayList<>();

	private final Leaders leaders = mock(Leaders.class);

	@Test
	void auditsAReleaseWithoutAnAnswerOnlyIfTheStoreWasAsked() {
		found(place("weir:job:1", HOLDER));
		given(this.store.release(any(), anyString(), anyInt()))
			.willReturn(CompletableFuture.failedFuture(new StoreUnavailableException("no answer")))
			.willReturn(CompletableFuture.failedFuture(StoreUnavailableException.withoutAsking("known to be away")));
		release("weir:", "weir:job:1", null);
		assertThat(this.audited).singleElement().satisfies((event) -> {
			assertThat(event.getType()).isEqualTo("WEIR_LEASE_RELEASED");
			assertThat(event.getData()).containsEntry("outcome", "unknown").containsEntry("key", "weir:job:1");
		});
		release("weir:", "weir:job:1", null);
		assertThat(this.audited).hasSize(1);
	}

	@Test
	void showsAHashAsTheOwnerOfAForeignLock() {
		found(place("weir:job:1", "a secret"));
		given(this.store.release(any(), anyString(), anyInt()))
			.willReturn(CompletableFuture.completedFuture(LeaseStore.Release.RELEASED));
		List<LiveLease> leases = list("weir:", null);
		assertThat(leases).singleElement()
			.satisfies((lease) -> assertThat(lease.owner()).startsWith("sha256:").doesNotContain("secret"));
		assertThat(release("weir:", "weir:job:1", "sha256:other")).isEmpty();
		assertThat(release("weir:", "weir:job:1", leases.get(0).owner())).hasSize(1);
		then(this.store).should().release(new LeaseKey(LeaseKind.LOCK, "weir:job:1"), "a secret", 0);
		assertThat(this.audited).singleElement()
			.satisfies((event) -> assertThat(event.getData().toString()).doesNotContain("a secret"));
	}

	@Test
	void withoutAPrefixShowsAndReleasesOnlyKnownLeases() {
		found(place("report:2026", "token of redis-py"), place("session:alice", "a session"),
				place("reporter", "something else"), place("adhoc:7", HOLDER));
		assertThat(list("", null)).extracting(LiveLease::key).containsExactly("report:2026", "adhoc:7");
		assertThat(list("", "session")).isEmpty();
		assertThat(release("", "session:alice", null)).isEmpty();
		then(this.store).should(never()).release(any(), anyString(), anyInt());
		given(this.store.release(any(), anyString(), anyInt()))
			.willReturn(CompletableFuture.completedFuture(LeaseStore.Release.RELEASED));
		assertThat(release("", "report:2026", null)).hasSize(1);
		assertThat(release("", "adhoc:7", null)).hasSize(1);
	}

	@Test
	void readsOneListAtATime() throws Exception {
		CompletableFuture<LeaseDirectory.Page> page = new CompletableFuture<>();
		given(this.directory.list(anyString(), any(), anyInt())).willReturn(page);
		WeirEndpoint endpoint = endpoint("weir:");
		CompletableFuture<Object> first = CompletableFuture
			.supplyAsync(() -> endpoint.list("leases", null, null, null));
		then(this.directory).should(timeout(20_000)).list(anyString(), any(), anyInt());
		assertThat(endpoint.list("buckets", null, null, null)).isInstanceOfSatisfying(WebEndpointResponse.class,
				(refused) -> assertThat(refused.getStatus()).isEqualTo(429));
		page.complete(new LeaseDirectory.Page(List.of(), null));
		assertThat(first.get(20, TimeUnit.SECONDS)).isInstanceOf(WeirEndpoint.Leases.class);
		assertThat(endpoint.list("leases", null, null, null)).isInstanceOf(WeirEndpoint.Leases.class);
	}

	private void found(LeaseDirectory.Place... places) {
		given(this.directory.list(anyString(), any(), anyInt()))
			.willReturn(CompletableFuture.completedFuture(new LeaseDirectory.Page(List.of(places), null)));
		for (LeaseDirectory.Place place : places) {
			given(this.directory.look(place.key())).willReturn(CompletableFuture.completedFuture(List.of(place)));
		}
	}

	private static LeaseDirectory.Place place(String key, String owner) {
		return new LeaseDirectory.Place(new LeaseKey(LeaseKind.LOCK, key), owner, Duration.ofSeconds(1), 0);
	}

	private List<LiveLease> list(String prefix, String policy) {
		return ((WeirEndpoint.Leases) endpoint(prefix).list("leases", policy, null, null)).leases();
	}

	private List<LiveLease> release(String prefix, String key, String owner) {
		Object answer = endpoint(prefix).release("leases", key, null, owner, SecurityContext.NONE);
		return (answer instanceof WeirEndpoint.Leases leases) ? leases.leases() : List.of();
	}

	@Test
	void listsTheCircuitsOfAllMasters() {
		given(this.probe.circuits()).willReturn(Map.of("127.0.0.1:7000", false, "127.0.0.1:7001", true));
		assertThat(endpoint("weir:").list("circuits", null, null, null))
			.isEqualTo(new WeirEndpoint.Circuits(Map.of("127.0.0.1:7000", false, "127.0.0.1:7001", true)));
	}

	@Test
	void listsTheRolesWithTheirLeaders() {
		role("reports", true);
		role("imports", false);
		given(this.directory.look(any())).willAnswer((call) -> {
			LeaseKey key = call.getArgument(0);
			return CompletableFuture.completedStage(key.value().equals("weir:leader:imports") ? List.of()
					: List.of(new LeaseDirectory.Place(key, "id|0|shop|7@host|leader", Duration.ofSeconds(3), 2)));
		});
		LiveLeaders leaders = (LiveLeaders) endpoint("weir:").list("leaders", null, null, null);
		assertThat(leaders.leaders()).extracting(LiveLeaders.LiveLeader::role).containsExactly("reports", "imports");
		assertThat(leaders.leaders()).extracting(LiveLeaders.LiveLeader::leader).containsExactly(true, false);
		assertThat(leaders.leaders().get(0).lease().instance()).isEqualTo("7@host");
		assertThat(leaders.leaders().get(1).lease()).isNull();
	}

	@Test
	void makesTheLeaderStepDown() {
		Leadership leader = role("reports", true);
		Leadership other = role("imports", false);
		given(leader.stepDown()).willReturn(true);
		assertThat(endpoint("weir:").release("leaders", "reports", null, null, SecurityContext.NONE))
			.isEqualTo(Map.of("steppedDown", "reports"));
		then(leader).should().stepDown();
		assertThat(this.audited).extracting(AuditEvent::getType).containsExactly("WEIR_LEADER_STEPPED_DOWN");
		WebEndpointResponse<?> refused = (WebEndpointResponse<?>) endpoint("weir:").release("leaders", "imports", null,
				null, SecurityContext.NONE);
		assertThat(refused.getStatus()).isEqualTo(400);
		assertThat(refused.getBody().toString()).contains("This instance is not the leader of 'imports'")
			.contains("release its lease 'weir:leader:imports'");
		then(other).should().stepDown();
		assertThat(this.audited).hasSize(1);
		WebEndpointResponse<?> unknown = (WebEndpointResponse<?>) endpoint("weir:").release("leaders", "repots", null,
				null, SecurityContext.NONE);
		assertThat(unknown.getStatus()).isEqualTo(400);
	}

	private Leadership role(String role, boolean leads) {
		Leadership leadership = mock(Leadership.class);
		given(leadership.role()).willReturn(role);
		given(leadership.isLeader()).willReturn(leads);
		this.roles.add(leadership);
		willReturn(this.roles).given(this.leaders).all();
		return leadership;
	}

	private WeirEndpoint endpoint(String prefix) {
		LeasePolicies locks = new LeasePolicies(LeaseKind.LOCK, prefix,
				new LockSettings(true, null, null, Duration.ZERO, OnUnavailable.FAIL, OnLost.FAIL, null, null),
				Map.of("report", new SemaphoreSettings(true, null, null, null, null, null, null, null)),
				new LeaseNames(), new WaitRooms(), (text) -> text, null);
		RateLimitPolicies rateLimits = new RateLimitPolicies(
				prefix, new RateLimitSettings(true, null, RateWindow.of(Duration.ofMinutes(1)), null, null,
						OnUnavailable.LOCAL, null, null, null),
				Map.of(), UserHash.sha256(), new Callers(() -> null), (text) -> text, null);
		return new WeirEndpoint(prefix, new PolicyCatalog(new GuardedMethods(), List.of(locks), rateLimits, List::of),
				this.store, this.directory,
				new RateLimiter(new LocalBucketStore(), new LocalBucketStore(), Duration.ofSeconds(1), List.of()),
				mock(BucketDirectory.class), mock(PolicyTuning.class), new OperatorAudit(this.audited::add), this.probe,
				this.leaders);
	}

}
