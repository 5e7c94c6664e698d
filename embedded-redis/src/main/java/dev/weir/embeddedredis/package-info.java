/**
 * A real redis-server as a child process, for tests, the sample application and
 * benchmarks: one server, a Sentinel set or a cluster. Nothing has to be installed, and
 * nothing is left behind, regardless of how the JVM ends.
 */
@NullMarked
package dev.weir.embeddedredis;

import org.jspecify.annotations.NullMarked;
