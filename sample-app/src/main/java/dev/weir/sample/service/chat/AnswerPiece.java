package dev.weir.sample.service.chat;

/**
 * A piece of an answer.
 *
 * @param text the text; empty if the piece contains only a number of tokens
 * @param tokens how many tokens the answerer has used from the beginning up to this
 * piece, for the question and the notes, too
 */
public record AnswerPiece(String text, long tokens) {

}
