package dev.weir.sample.service.search;

import java.util.List;

/**
 * The result of a search.
 *
 * @param hits the documents, the closest one first
 * @param cached whether the result was found in the cache
 */
public record SearchResult(List<Hit> hits, boolean cached) {

}
