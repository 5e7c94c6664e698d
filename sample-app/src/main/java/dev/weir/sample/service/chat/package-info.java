/**
 * Chat: answers from the company notes, streamed word by word.
 */
@NullMarked
package dev.weir.sample.service.chat;

import org.jspecify.annotations.NullMarked;
