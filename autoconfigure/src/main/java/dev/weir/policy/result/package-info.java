/**
 * When the work behind the result of a guarded call has ended.
 */
@NullMarked
package dev.weir.policy.result;

import org.jspecify.annotations.NullMarked;
