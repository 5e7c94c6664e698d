package dev.weir.sample.embedding;

/**
 * A text as a point in the space of its meaning.
 *
 * @param model the model that made it
 * @param vector the point
 * @param cached whether it was made before and found in the cache
 */
public record Embedding(String model, float[] vector, boolean cached) {

}
