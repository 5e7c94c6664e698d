package dev.weir.redis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

import dev.weir.core.OnUnavailable;
import dev.weir.lease.EnclosingWork;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnLost;
import dev.weir.lease.engine.LeaseGuard;
import dev.weir.lease.engine.LeaseManager;
import dev.weir.lease.engine.LeaseSettings;
import dev.weir.lease.engine.LeaseTemplate;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests callers on virtual threads. Runs on Java 21 and later.
 */
@Timeout(90)
@EnabledForJreRange(min = JRE.JAVA_21)
class VirtualThreadTests {

	@TempDir
	private Path directory;

	private final AtomicInteger inside = new AtomicInteger();

	private final AtomicInteger most = new AtomicInteger();

	@Test
	void thousandsOfCallersWaitAndPinNoCarrier() throws Exception {
		Path file = this.directory.resolve("recording.jfr");
		try (TestRedis redis = new TestRedis();
				TestRedis.Instance instance = redis.connect();
				LeaseManager manager = new LeaseManager(instance.store(),
						new LeaseSettings(Duration.ofSeconds(30), "test", "1"), instance.executor());
				Recording recording = new Recording()) {
			LeaseTemplate template = new LeaseTemplate(manager, EnclosingWork.NONE);
			// A caller that waits for another thread to load a class is pinned, but only
			// once.
			call(template, Executors.newFixedThreadPool(20), 200);
			recording.enable("jdk.VirtualThreadPinned").withThreshold(Duration.ZERO).withStackTrace();
			recording.start();
			call(template, virtualThreads(), 2000);
			recording.stop();
			recording.dump(file);
		}
		assertThat(this.most).hasValue(1);
		assertThat(RecordingFile.readAllEvents(file)).filteredOn(VirtualThreadTests::concernsUs).isEmpty();
	}

	private void call(LeaseTemplate template, ExecutorService threads, int count) throws Exception {
		List<Future<?>> calls = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			LeaseGuard guard = guard(i % 3);
			calls.add(threads.submit(() -> template.call(guard, () -> {
				if (guard.requests().get(0).limit() == 1) {
					this.most.accumulateAndGet(this.inside.incrementAndGet(), Math::max);
					Thread.yield();
					this.inside.decrementAndGet();
				}
				return null;
			})));
		}
		for (Future<?> call : calls) {
			call.get(60, TimeUnit.SECONDS);
		}
		threads.shutdown();
	}

	private static LeaseGuard guard(int number) {
		// A lock, for which all callers compete, and two semaphores.
		LeaseKind kind = (number == 0) ? LeaseKind.LOCK : LeaseKind.SEMAPHORE;
		return new LeaseGuard(new LeaseRequest("virtual", new LeaseKey(kind, "virtual:" + number),
				(number == 0) ? 1 : 4, null, Duration.ofSeconds(60), false, "test"), OnUnavailable.FAIL, OnLost.FAIL);
	}

	private static boolean concernsUs(RecordedEvent event) {
		return hasFrame(event, (type) -> type.startsWith("dev.weir.") && !type.contains("Tests"))
				&& !isBecauseOfAClass(event);
	}

	/**
	 * Returns whether the carrier was pinned because a class was loaded, linked or
	 * initialized, which happens once.
	 * @param event the event
	 * @return whether a class was the reason
	 */
	private static boolean isBecauseOfAClass(RecordedEvent event) {
		return hasFrame(event,
				(type) -> type.equals("java.lang.ClassLoader") || type.equals("java.lang.invoke.MethodHandleNatives"))
				|| (event.hasField("pinnedReason") && event.getString("pinnedReason").contains("initialization"));
	}

	private static boolean hasFrame(RecordedEvent event, Predicate<String> ofType) {
		return event.getStackTrace() != null && event.getStackTrace()
			.getFrames()
			.stream()
			.filter(RecordedFrame::isJavaFrame)
			.map((frame) -> frame.getMethod().getType().getName())
			.anyMatch(ofType);
	}

	private static ExecutorService virtualThreads() throws ReflectiveOperationException {
		// Compiled for Java 17.
		return (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
	}

}
