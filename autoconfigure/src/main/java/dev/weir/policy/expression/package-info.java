/**
 * The SpEL expressions in policies.
 */
@NullMarked
package dev.weir.policy.expression;

import org.jspecify.annotations.NullMarked;
