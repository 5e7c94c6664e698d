/**
 * Connects leases and transactions on Redis with the transactions that Spring manages.
 */
@NullMarked
package dev.weir.transaction.spring;

import org.jspecify.annotations.NullMarked;
