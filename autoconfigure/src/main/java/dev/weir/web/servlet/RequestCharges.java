package dev.weir.web.servlet;

import java.lang.reflect.Method;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import dev.weir.policy.ChargedCalls;
import dev.weir.ratelimit.Charge;
import dev.weir.ratelimit.Decision;
import dev.weir.ratelimit.Decisions;
import dev.weir.web.RateLimitHeaders;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Remembers the charges of each request, in an attribute of the request. Thread-safe.
 * <p>
 * The charged buckets are remembered so that each bucket is charged once per request,
 * whether a rule or an annotation charges it, and however often the request is
 * dispatched. The charged methods are remembered so that their expressions are evaluated
 * once. The decisions of all buckets are remembered so that the headers report all of
 * them to the client.
 */
public final class RequestCharges implements ChargedCalls {

	private static final String ATTRIBUTE = RequestCharges.class.getName();

	private final RateLimitHeaders headers;

	/**
	 * Creates charges.
	 * @param headers the headers that report limits to clients
	 */
	public RequestCharges(RateLimitHeaders headers) {
		this.headers = headers;
	}

	/**
	 * Returns the charges from whose buckets a request has not taken yet.
	 * @param request the request
	 * @param charges the charges
	 * @return the charges that are due, at most one for each bucket
	 */
	List<Charge> due(HttpServletRequest request, List<Charge> charges) {
		if (charges.isEmpty()) {
			return charges;
		}
		Set<String> buckets = new HashSet<>(Charged.of(request).buckets);
		return charges.stream().filter((charge) -> buckets.add(charge.key())).toList();
	}

	/**
	 * Remembers charges of a request and writes the headers for all its decisions,
	 * including the decisions that were made before.
	 * @param request the request
	 * @param response the response, which must not be committed yet
	 * @param charges the new charges
	 * @param decisions the decisions of these charges
	 */
	void charged(HttpServletRequest request, HttpServletResponse response, List<Charge> charges, Decisions decisions) {
		if (decisions.isAllowed()) {
			charges.forEach((charge) -> Charged.of(request).buckets.add(charge.key()));
		}
		writeHeaders(request, response, decisions);
	}

	/**
	 * Remembers that a request was charged for a method.
	 * @param request the request
	 * @param method the method
	 */
	void mark(HttpServletRequest request, Method method) {
		Charged.of(request).methods.add(method);
	}

	/**
	 * Writes the headers for the decisions of a request, including the decisions that
	 * were written before.
	 * @param request the request
	 * @param response the response, which must not be committed yet
	 * @param decisions the new decisions
	 */
	void writeHeaders(HttpServletRequest request, HttpServletResponse response, Decisions decisions) {
		if (!decisions.all().isEmpty()) {
			this.headers.write(Charged.of(request).add(decisions), response::setHeader);
		}
	}

	@Override
	public boolean isCharged(Method method) {
		ServletRequestAttributes now = CurrentRequest.attributes();
		return now != null && now.getRequest().getAttribute(ATTRIBUTE) instanceof Charged charged
				&& charged.methods.contains(method);
	}

	@Override
	public boolean isHandler(Method method) {
		ServletRequestAttributes now = CurrentRequest.attributes();
		return now != null && isHandler(now.getRequest(), method);
	}

	private static boolean isHandler(HttpServletRequest request, Method method) {
		return request.getAttribute(HandlerMapping.BEST_MATCHING_HANDLER_ATTRIBUTE) instanceof HandlerMethod handler
				&& handler.getMethod().getName().equals(method.getName()) && TargetMethod.of(handler).equals(method);
	}

	@Override
	public List<Charge> due(Method method, List<Charge> charges) {
		ServletRequestAttributes now = CurrentRequest.attributes();
		return (now != null && isHandler(now.getRequest(), method)) ? due(now.getRequest(), charges) : charges;
	}

	@Override
	public void charged(Method method, List<Charge> charges, Decisions decisions) {
		ServletRequestAttributes now = CurrentRequest.attributes();
		if (now == null || !isHandler(now.getRequest(), method)) {
			return;
		}
		mark(now.getRequest(), method);
		HttpServletResponse response = now.getResponse();
		if (response != null) {
			charged(now.getRequest(), response, charges, decisions);
		}
	}

	/**
	 * The charges of one request.
	 */
	private static final class Charged {

		private final Set<Method> methods = ConcurrentHashMap.newKeySet();

		private final Set<String> buckets = ConcurrentHashMap.newKeySet();

		private final Map<String, Decision> decisions = new LinkedHashMap<>();

		private static Charged of(HttpServletRequest request) {
			if (request.getAttribute(ATTRIBUTE) instanceof Charged charged) {
				return charged;
			}
			Charged charged = new Charged();
			request.setAttribute(ATTRIBUTE, charged);
			return charged;
		}

		private synchronized List<Decision> add(Decisions more) {
			more.all().forEach((decision) -> this.decisions.put(decision.policy(), decision));
			return List.copyOf(this.decisions.values());
		}

	}

}
