/**
 * The stores inside one JVM: for tests, and to guard within this JVM while Redis is away.
 */
@NullMarked
package dev.weir.local;

import org.jspecify.annotations.NullMarked;
