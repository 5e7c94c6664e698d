package dev.weir.sample.service.embedding;

/**
 * The embedding of a text: a vector that represents the meaning of the text.
 *
 * @param model the model that computed the vector
 * @param vector the vector
 * @param cached whether the vector was found in the cache
 */
public record Embedding(String model, float[] vector, boolean cached) {

}
