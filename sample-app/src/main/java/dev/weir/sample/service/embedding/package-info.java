/**
 * Embeddings: computed once for each text, then kept in Redis.
 */
@NullMarked
package dev.weir.sample.service.embedding;

import org.jspecify.annotations.NullMarked;
