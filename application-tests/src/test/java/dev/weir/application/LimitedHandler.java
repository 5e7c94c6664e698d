package dev.weir.application;

import dev.weir.annotation.RateLimited;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * A request handler with a rate limit.
 */
@RestController
public class LimitedHandler {

	@GetMapping("/limited")
	@RateLimited(name = "handler", limit = 10)
	public String answer() {
		return "answer";
	}

}
