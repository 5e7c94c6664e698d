package dev.weir.policy;

import java.util.List;
import java.util.Map;

/**
 * Describes one policy for operators.
 *
 * @param kind its kind
 * @param name its name
 * @param methods the methods with this policy, and the path of a rule; empty if only
 * properties or code name the policy
 * @param values the values in force, by the names of the attributes
 */
public record PolicyDescription(PolicyKind kind, String name, List<String> methods, Map<String, Resolved<?>> values) {

}
