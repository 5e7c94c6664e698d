package dev.weir.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

import dev.weir.core.ForeignDataException;
import dev.weir.ratelimit.BucketStore.Action;
import dev.weir.ratelimit.BucketStore.Call;
import dev.weir.ratelimit.BucketStore.Level;
import dev.weir.ratelimit.BucketStore.Result;
import dev.weir.ratelimit.BucketStore.Take;
import dev.weir.ratelimit.Decision.Source;

/**
 * Turns the charges of a call into a call of the store, and its result into decisions.
 */
final class StoreCalls {

	private StoreCalls() {
	}

	static Call call(Action action, List<Charge> charges, ToLongFunction<Charge> initialTokens) {
		return new Call(action,
				charges.stream()
					.map((charge) -> new Take(charge.key(), charge.limit(), charge.cost(), charge.shadow(),
							initialTokens.applyAsLong(charge), charge.anonymous(), charge.waitTime()))
					.toList());
	}

	static Decisions decisions(List<Charge> charges, Result result, Source source) {
		List<Decision> decisions = new ArrayList<>(charges.size());
		for (int i = 0; i < charges.size(); i++) {
			Charge charge = charges.get(i);
			Level level = result.levels().get(i);
			if (level == null && charge.shadow()) {
				decisions.add(Decision.open(charge));
				continue;
			}
			if (level == null) {
				throw new ForeignDataException(
						"Redis holds something other than a bucket for the rate limit '" + charge.policy() + "'", null);
			}
			// Without a wait time, a call that costs nothing goes on in spite of a debt.
			Duration due = charge.waitTime().isZero() ? Duration.ZERO : level.due();
			decisions.add(new Decision(charge.policy(), charge.limit(), charge.cost(), level.allowed(),
					Math.max(0, level.tokens()), level.retryAfter(), level.nextToken(), charge.shadow(), source, due,
					result.micros()));
		}
		return new Decisions(decisions);
	}

}
