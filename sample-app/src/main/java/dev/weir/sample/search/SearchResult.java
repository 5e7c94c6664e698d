package dev.weir.sample.search;

import java.util.List;

/**
 * What a search found.
 *
 * @param hits the documents, the closest one first
 * @param cached whether the same was found before
 */
public record SearchResult(List<Hit> hits, boolean cached) {

}
