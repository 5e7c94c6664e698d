package dev.weir.lease.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.LeaseStore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Plays all orders in which the messages of a few instances can arrive, with real engines
 * and a modelled Redis. Timers never fire. There must be no state in which a place is
 * free, a caller waits and nothing is on its way.
 */
class WaitingOrdersTests {

	private static final LeaseKey KEY = new LeaseKey(LeaseKind.SEMAPHORE, "key");

	@ParameterizedTest
	@CsvSource({ "1, 2 1", "1, 1 1 1" })
	@Timeout(300)
	void noWakeUpIsLost(int limit, String callers) {
		assertThat(states(callers, limit)).isGreaterThan(500);
	}

	@Test
	@Timeout(300)
	void noWakeUpIsLostAmongInstancesWithDifferentLimits() {
		assertThat(states("1 1 1", 1, 2, 2)).isGreaterThan(500);
	}

	@Test
	@Tag("long")
	@Timeout(1800)
	void noWakeUpIsLostWithMoreCallers() {
		assertThat(states("1 2", 2)).isGreaterThan(500);
		assertThat(states("2 2", 1)).isGreaterThan(5_000);
		assertThat(states("2 2", 2)).isGreaterThan(5_000);
		assertThat(states("2 1 1", 1)).isGreaterThan(5_000);
		assertThat(states("1 1 2", 1, 2, 2)).isGreaterThan(5_000);
		assertThat(states("1 1 1 1", 1, 2, 2, 1)).isGreaterThan(5_000);
	}

	/**
	 * Visits all states that can be reached.
	 * @param callers how many callers each instance has
	 * @param limits the limit of the semaphore: for all instances, or for each of them
	 * @return the number of states
	 */
	private static int states(String callers, int... limits) {
		int[] arrivals = Arrays.stream(callers.split(" ")).mapToInt(Integer::parseInt).toArray();
		Set<String> known = new HashSet<>();
		Deque<int[]> todo = new ArrayDeque<>();
		todo.add(new int[0]);
		while (!todo.isEmpty()) {
			int[] path = todo.remove();
			int steps = World.after(limits, arrivals, path).steps().size();
			for (int step = 0; step < steps; step++) {
				int[] longer = Arrays.copyOf(path, path.length + 1);
				longer[path.length] = step;
				World world = World.after(limits, arrivals, longer);
				if (known.add(world.state())) {
					if (world.isStuck()) {
						throw new AssertionError("A caller waits, a place is free, and nothing is on its way after:\n"
								+ String.join("\n", World.history(limits, arrivals, longer)) + "\n" + world.state());
					}
					todo.add(longer);
				}
			}
		}
		return known.size();
	}

	/**
	 * A thing that can happen next.
	 *
	 * @param name its name
	 * @param happens lets it happen
	 */
	private record Step(String name, Runnable happens) {

	}

	/**
	 * A message on its way.
	 *
	 * @param name its content
	 * @param arrives lets it arrive
	 */
	private record Message(String name, Runnable arrives) {

	}

	/**
	 * The instances and Redis.
	 */
	private static final class World {

		private final List<Instance> instances = new ArrayList<>();

		/** The owners of places, with their instances. */
		private final List<String> owners = new ArrayList<>();

		/** The instances that wait, by order of arrival. */
		private final List<Instance> queue = new ArrayList<>();

		private World(int[] limits, int[] arrivals) {
			for (int i = 0; i < arrivals.length; i++) {
				int limit = (limits.length > 1) ? limits[i] : limits[0];
				this.instances.add(new Instance(this, (char) ('A' + i), limit, arrivals[i]));
			}
		}

		static World after(int[] limits, int[] arrivals, int[] path) {
			World world = new World(limits, arrivals);
			for (int step : path) {
				world.steps().get(step).happens().run();
			}
			return world;
		}

		static List<String> history(int[] limits, int[] arrivals, int[] path) {
			World world = new World(limits, arrivals);
			return Arrays.stream(path).mapToObj((step) -> {
				Step next = world.steps().get(step);
				next.happens().run();
				return next.name();
			}).toList();
		}

		List<Step> steps() {
			return this.instances.stream().flatMap((instance) -> instance.steps().stream()).toList();
		}

		String state() {
			return this.instances.stream().map(Instance::state).collect(Collectors.joining(" / ")) + " queue "
					+ this.queue.stream().map((instance) -> "" + instance.name).collect(Collectors.joining());
		}

		boolean isStuck() {
			return this.instances.stream().allMatch(Instance::isQuiet) && this.instances.stream()
				.anyMatch((instance) -> instance.waits() && this.owners.size() < instance.limit);
		}

		private boolean wake() {
			for (Instance instance : this.queue) {
				if (this.owners.size() < instance.limit) {
					this.queue.remove(instance);
					instance.answers.add(new Message("wake-up", () -> instance.listener.accept(KEY)));
					return true;
				}
			}
			return false;
		}

		private void enqueue(Instance instance) {
			if (!this.queue.contains(instance)) {
				this.queue.add(instance);
			}
		}

		private LeaseStore.Attempt acquire(Instance instance, LeaseStore.Claim claim) {
			if (this.owners.size() < claim.limit()) {
				this.owners.add(claim.owner());
				if (claim.queue() == LeaseStore.Queue.IN) {
					this.queue.remove(instance);
				}
				return new LeaseStore.Acquired(0);
			}
			if (claim.queue() != LeaseStore.Queue.OUT) {
				enqueue(instance);
			}
			return new LeaseStore.Busy(null, null, claim.queue() != LeaseStore.Queue.OUT);
		}

		private LeaseStore.Release release(Instance instance, String owner, int waitingLimit) {
			assertThat(this.owners.remove(owner)).isTrue();
			if (!wake()) {
				return LeaseStore.Release.RELEASED;
			}
			if (waitingLimit == 0) {
				return LeaseStore.Release.HANDED_ON;
			}
			enqueue(instance);
			return LeaseStore.Release.HANDED_ON_AND_QUEUED;
		}

		private void leave(Instance instance, boolean passOn) {
			if (!this.queue.remove(instance) || passOn) {
				wake();
			}
		}

	}

	/**
	 * One instance, and the messages between it and Redis.
	 */
	private static final class Instance implements LeaseStore {

		private final World world;

		private final char name;

		private final int limit;

		private final ManualTimer timer = new ManualTimer();

		private final LeaseManager manager;

		private final List<Message> commands = new ArrayList<>();

		private final List<Message> answers = new ArrayList<>();

		private final List<CompletableFuture<HeldLease>> callers = new ArrayList<>();

		private int arrivals;

		private Consumer<LeaseKey> listener = (key) -> {
		};

		private Instance(World world, char name, int limit, int arrivals) {
			this.world = world;
			this.name = name;
			this.limit = limit;
			this.arrivals = arrivals;
			this.manager = this.timer.manager(this, new LeaseSettings(Duration.ofDays(1), "shop", "" + name),
					Runnable::run);
		}

		boolean isQuiet() {
			return this.commands.isEmpty() && this.answers.isEmpty();
		}

		boolean waits() {
			return this.callers.stream().anyMatch((caller) -> !caller.isDone());
		}

		List<Step> steps() {
			List<Step> steps = new ArrayList<>();
			if (this.arrivals > 0) {
				add(steps, "a caller arrives", () -> arrive(Duration.ofHours(1)));
				add(steps, "a caller arrives that does not wait", () -> arrive(Duration.ZERO));
			}
			for (CompletableFuture<HeldLease> caller : this.callers) {
				if (!caller.isDone()) {
					add(steps, "a waiter is cancelled", () -> caller.cancel(false));
				}
				else if (holds(caller)) {
					add(steps, "a holder hands its place on, or releases it", () -> caller.join().closeAsync());
					if (waits()) {
						add(steps, "a holder releases its place, since others must have their turn", () -> {
							this.timer.pause(Duration.ofSeconds(10));
							caller.join().closeAsync();
						});
					}
				}
			}
			addArrivals(steps, this.commands, "Redis receives ");
			addArrivals(steps, this.answers, "receives ");
			return steps;
		}

		private static boolean holds(CompletableFuture<HeldLease> caller) {
			return !caller.isCompletedExceptionally() && caller.join().isHeld();
		}

		private void arrive(Duration waitTime) {
			this.arrivals--;
			LeaseRequest request = new LeaseRequest("policy", KEY, this.limit, null, waitTime, false, "test");
			this.callers.add(this.manager.submit(request, this.manager.now()));
		}

		private void addArrivals(List<Step> steps, List<Message> messages, String what) {
			Set<String> seen = new HashSet<>();
			for (Message message : List.copyOf(messages)) {
				if (seen.add(message.name())) {
					add(steps, what + message.name(), () -> {
						messages.remove(message);
						message.arrives().run();
					});
				}
			}
		}

		private void add(List<Step> steps, String what, Runnable happens) {
			steps.add(new Step(this.name + ": " + what, happens));
		}

		private <T> CompletionStage<T> send(String command, Supplier<T> atRedis) {
			CompletableFuture<T> answer = new CompletableFuture<>();
			this.commands.add(new Message(command, () -> {
				T result = atRedis.get();
				String name = (result instanceof Busy busy) ? "Busy " + busy.queued() : String.valueOf(result);
				this.answers.add(new Message(command + " -> " + name, () -> answer.complete(result)));
			}));
			return answer;
		}

		@Override
		public CompletionStage<Attempt> tryAcquire(Claim claim) {
			return send("acquire " + claim.queue(), () -> this.world.acquire(this, claim));
		}

		@Override
		public CompletionStage<Boolean> keep(LeaseKey key, String owner, Duration time) {
			throw new UnsupportedOperationException("No lock is kept here");
		}

		@Override
		public CompletionStage<Release> release(LeaseKey key, String owner, int waitingLimit) {
			return send("release " + waitingLimit, () -> this.world.release(this, owner, waitingLimit));
		}

		@Override
		public CompletionStage<Void> leave(LeaseKey key, boolean passOn) {
			return send("leave " + passOn, () -> {
				this.world.leave(this, passOn);
				return null;
			});
		}

		@Override
		public CompletionStage<Boolean> renew(LeaseKey key, String owner, Duration ttl) {
			throw new AssertionError("Nothing is renewed while no time passes");
		}

		@Override
		public void onWakeUp(Consumer<LeaseKey> listener) {
			this.listener = listener;
		}

		/**
		 * Describes the engine. Instances in equal states do the same from then on.
		 */
		String state() {
			Map<?, ?> gates = (Map<?, ?>) ((Map<?, ?>) ReflectionTestUtils.getField(this.manager, "gates"))
				.get(KEY.kind());
			String callers = this.callers.stream()
				.map((caller) -> caller.isDone() ? (holds(caller) ? "H" : "") : "W")
				.sorted()
				.collect(Collectors.joining());
			return this.arrivals + callers + messages(this.commands) + messages(this.answers)
					+ gates.values().stream().map(Instance::gate).toList();
		}

		private static String messages(List<Message> messages) {
			return messages.stream().map(Message::name).sorted().toList().toString();
		}

		private static String gate(Object gate) {
			Collection<?> waiters = waiters(gate);
			Retry retry = (Retry) field(gate, "retry");
			return waiters.stream().map((waiter) -> ((Waiter) waiter).isOverdue() ? "o" : "p").toList() + " "
					+ ((OwnPlaces) field(gate, "places")).size() + " "
					+ List.of("claiming", "releasing", "retired").stream().map((name) -> field(gate, name)).toList()
					+ Stream.of("owedWakeUps", "commands", "overlapping", "queued")
						.map((name) -> field(field(gate, "queue"), name))
						.toList()
					+ retry.isPending() + (retry.isPending() ? retry.busyLimit() : "");
		}

		private static Collection<?> waiters(Object gate) {
			List<Waiter> waiters = new ArrayList<>();
			((WaiterQueue) field(gate, "waiters")).forEach(waiters::add);
			return waiters;
		}

		private static Object field(Object object, String name) {
			return ReflectionTestUtils.getField(object, name);
		}

	}

}
