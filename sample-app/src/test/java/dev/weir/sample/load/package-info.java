/**
 * Runs a load on the sample and judges the answers.
 */
package dev.weir.sample.load;
