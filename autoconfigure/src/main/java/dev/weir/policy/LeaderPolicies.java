package dev.weir.policy;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

import dev.weir.annotation.RunsOnLeader;
import dev.weir.lease.LeaseKey;
import dev.weir.lease.LeaseKind;
import dev.weir.lease.LeaseRequest;
import dev.weir.lease.OnBusy;
import dev.weir.policy.expression.Expressions;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * Resolves the policies of leader roles. A role is a lock, whose name begins with
 * {@value #PREFIX}. Thread-safe.
 */
public final class LeaderPolicies {

	private static final String PREFIX = "leader:";

	private final String keyPrefix;

	private final Map<String, LeaderSettings> settings;

	private final LeaseNames names;

	private final Function<String, @Nullable String> placeholders;

	private final Expressions expressions = new Expressions(null);

	private final ConcurrentMap<Method, Role> roles = new ConcurrentHashMap<>();

	/**
	 * Creates the policies.
	 * @param keyPrefix the prefix of every key
	 * @param settings the properties of single roles, by name
	 * @param names the names of the policies of locks and semaphores
	 * @param placeholders the resolver of <code>${…}</code> in attributes
	 */
	public LeaderPolicies(String keyPrefix, Map<String, LeaderSettings> settings, LeaseNames names,
			Function<String, @Nullable String> placeholders) {
		this.keyPrefix = keyPrefix;
		this.settings = Map.copyOf(settings);
		this.names = names;
		this.placeholders = placeholders;
	}

	/**
	 * Returns the name of the lock that is the lease of a role.
	 * @param role the name of the role
	 * @return the name of the policy
	 */
	public static String nameOf(String role) {
		return PREFIX + role;
	}

	/**
	 * Returns the role of a method.
	 * @param method the method of the target's class, not of an interface
	 * @return the role
	 * @throws InvalidPolicyException if the annotation has a mistake
	 */
	public Role of(Method method) {
		Role known = this.roles.get(method);
		return (known != null) ? known : this.roles.computeIfAbsent(method, this::parse);
	}

	private Role parse(Method method) {
		AttributeReader reader = new AttributeReader(method, AttributeReader.find(method, RunsOnLeader.class),
				this.placeholders, this.expressions);
		String name = reader.text("value");
		reader.read(() -> requireKey(reader, name));
		reader.read(() -> reader.requireEmptyResult("@RunsOnLeader", "Return a type that can be null or empty"));
		reader.throwMistakes();
		LeaseDeclaration declared = new LeaseDeclaration(nameOf(name), List.of(), null, null, null, null, null, null,
				true, null, null, OnBusy.SKIP, null);
		LeaseValues values = LeaseValues.resolve(null, declared,
				new LockSettings(null, null, null, null, null, null, null, null));
		return new Role(name,
				new LeasePolicy(LeaseKind.LOCK, nameOf(name), key(name), declared, values,
						ClassUtils.getUserClass(method.getDeclaringClass()).getSimpleName() + "." + method.getName(),
						new WaitRooms()));
	}

	private Void requireKey(AttributeReader reader, String role) {
		String problem = role.isEmpty() ? "the name of the role is empty" : problem(role);
		if (problem != null) {
			throw reader.mistake("value", role, problem, "Use another name, such as \"reports\"");
		}
		return null;
	}

	/**
	 * Returns the lease of a role.
	 * @param role the name of the role
	 * @return the request, which waits until this instance is the leader
	 * @throws IllegalArgumentException if the name cannot be part of a key
	 */
	public LeaseRequest request(String role) {
		String problem = role.isEmpty() ? "its name is empty" : problem(role);
		if (problem != null) {
			throw new IllegalArgumentException("There can be no role '" + role + "': " + problem);
		}
		LeaderSettings ofRole = settings(role);
		Duration ttl = (ofRole != null) ? ofRole.ttl() : null;
		LeaseRequest request = new LeaseRequest(nameOf(role), new LeaseKey(LeaseKind.LOCK, key(role)), 1, null,
				LeaseRequest.FOREVER, true, "the leader");
		return (ttl != null) ? request.livingFor(ttl) : request;
	}

	private @Nullable String problem(String role) {
		String key = key(role);
		if (!AttributeReader.isKeyText(key)) {
			return "'" + key + "' cannot be a key in Redis. Use no blanks, and braces only as one complete hash tag";
		}
		return this.names.declare(new LeaseNames.Owner(LeaseKind.LOCK, false, "the leader role '" + role + "'"),
				nameOf(role));
	}

	private String key(String role) {
		return this.keyPrefix + nameOf(role);
	}

	/**
	 * Returns whether this instance campaigns for a role.
	 * @param role the name of the role
	 * @return {@code false} if a property disables the role in this instance
	 */
	public boolean isEnabled(String role) {
		LeaderSettings ofRole = settings(role);
		return ofRole == null || !Boolean.FALSE.equals(ofRole.enabled());
	}

	private @Nullable LeaderSettings settings(String role) {
		return PolicyNames.find(this.settings, role);
	}

	/**
	 * Returns the names of roles in the properties, even if no method has such a role.
	 * @return the names
	 */
	public Set<String> configuredNames() {
		return this.settings.keySet();
	}

	/**
	 * The role of a method.
	 *
	 * @param name the name of the role
	 * @param policy the policy of its lease, which skips calls that find it busy
	 */
	public record Role(String name, LeasePolicy policy) {

	}

}
