/**
 * Embeddings: computed once for each text, then kept in Redis.
 */
@NullMarked
package dev.weir.sample.embedding;

import org.jspecify.annotations.NullMarked;
