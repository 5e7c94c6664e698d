/**
 * Transactions on Redis, and how guarded calls and the transactions of a database fit
 * together.
 */
@NullMarked
package dev.weir.transaction;

import org.jspecify.annotations.NullMarked;
