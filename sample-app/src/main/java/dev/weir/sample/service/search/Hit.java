package dev.weir.sample.service.search;

/**
 * A document that was found.
 *
 * @param score the similarity to the query: the cosine, at most 1
 * @param document the document
 */
public record Hit(double score, Document document) {

}
