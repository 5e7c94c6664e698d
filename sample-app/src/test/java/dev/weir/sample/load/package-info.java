/**
 * Puts a load on the sample and judges what it did.
 */
package dev.weir.sample.load;
