/**
 * Chat: answers from the company notes, streamed word by word.
 */
@NullMarked
package dev.weir.sample.chat;

import org.jspecify.annotations.NullMarked;
