package dev.weir.sample.demo;

import java.time.Instant;

/**
 * The statistics of the company notes.
 *
 * @param notes the number of notes
 * @param companies the number of companies
 * @param words the number of words in all notes
 * @param refreshedAt when they were counted
 * @param instance the name of the instance that counted them
 */
record CorpusStatistics(int notes, int companies, int words, Instant refreshedAt, String instance) {

}
