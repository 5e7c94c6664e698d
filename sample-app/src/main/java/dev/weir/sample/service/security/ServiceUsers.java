package dev.weir.sample.service.security;

import java.util.Map;
import java.util.Set;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.Assert;

/**
 * The users of the service.
 *
 * @param users Encoded passwords of the users, by name. An encoded password begins with
 * the name of its encoding, such as {bcrypt}.
 * @param operators Names of the users that may see and change policies and leases.
 */
@ConfigurationProperties("sample.security")
record ServiceUsers(@DefaultValue Map<String, String> users, @DefaultValue Set<String> operators) {

	private static final String PLAIN = "{noop}";

	ServiceUsers {
		users.forEach((name, password) -> Assert.isTrue(password.startsWith("{") && password.indexOf('}') > 1,
				() -> "The password of the user '" + name
						+ "' in 'sample.security.users' must begin with its encoding, " + "such as {bcrypt}"));
	}

	/**
	 * Returns whether a password is readable in the configuration.
	 * @return whether one is
	 */
	boolean havePlainPasswords() {
		return this.users.values().stream().anyMatch((password) -> password.startsWith(PLAIN));
	}

}
