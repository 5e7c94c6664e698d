package dev.weir.outgoing;

import java.io.IOException;
import java.util.List;

import dev.weir.ratelimit.Charge;

import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

/**
 * Charges calls that block.
 *
 * @param policy the policy of the calls
 */
record OutgoingInterceptor(OutgoingPolicy policy) implements ClientHttpRequestInterceptor {

	@Override
	public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
			throws IOException {
		OutgoingRequest outgoing = new OutgoingRequest(request.getMethod(), request.getURI(), request.getHeaders(),
				request.getAttributes(), body);
		List<Charge> charges = this.policy.charges(outgoing);
		if (charges.isEmpty()) {
			return execution.execute(request, body);
		}
		OutgoingCall call = this.policy.begin(outgoing, charges, this.policy.limiter().awaitReservation(charges));
		ClientHttpResponse response;
		try {
			response = execution.execute(request, body);
		}
		catch (Throwable ex) {
			call.failed();
			throw ex;
		}
		try {
			call.answered(response.getStatusCode(), response.getHeaders()).join();
		}
		catch (Throwable ex) {
			// The caller never gets the response.
			response.close();
			call.failed();
			throw ex;
		}
		return call.settlesAtEnd() ? new CopiedResponse(response, call) : response;
	}

}
