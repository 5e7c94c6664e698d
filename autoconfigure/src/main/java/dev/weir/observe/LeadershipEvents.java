package dev.weir.observe;

import java.util.function.Consumer;

import dev.weir.lease.LeadershipListener;
import dev.weir.lease.LossReason;
import org.jspecify.annotations.Nullable;

/**
 * Publishes {@link LeadershipGrantedEvent} and {@link LeadershipLostEvent}.
 *
 * @param publisher the receiver of the events, which may block
 */
public record LeadershipEvents(Consumer<Object> publisher) implements LeadershipListener {

	@Override
	public void granted(String role, long fencingToken) {
		this.publisher.accept(new LeadershipGrantedEvent(role, fencingToken));
	}

	@Override
	public void lost(String role, long fencingToken, @Nullable LossReason reason) {
		this.publisher.accept(new LeadershipLostEvent(role, fencingToken, reason));
	}

}
