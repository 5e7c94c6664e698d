/**
 * Support for tests of applications that use Weir:
 * {@link dev.weir.test.AutoConfigureWeir}.
 */
@NullMarked
package dev.weir.test;

import org.jspecify.annotations.NullMarked;
