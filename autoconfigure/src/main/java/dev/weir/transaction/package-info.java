/**
 * Transactions on Redis, and the connection between guarded calls and the transactions of
 * a database.
 */
@NullMarked
package dev.weir.transaction;

import org.jspecify.annotations.NullMarked;
