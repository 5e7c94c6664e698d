package dev.weir.sample.service.search;

import java.time.Duration;

import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import org.hibernate.validator.constraints.time.DurationMin;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The properties of the vector search.
 *
 * @param maxDocuments Largest number of documents. Each instance has a copy of all of
 * them.
 * @param maxDocumentsPerUser Largest number of documents of one user.
 * @param resultTtl Time for which a result is kept in Redis, unless an upload removes it.
 * @param batchTtl Time for which the id of an uploaded batch is kept, so that the batch
 * is not stored again.
 */
@Validated
@ConfigurationProperties("sample.search")
public record SearchProperties(@DefaultValue("50000") @Min(1) long maxDocuments,
		@DefaultValue("10000") @Min(1) long maxDocumentsPerUser,
		@DefaultValue("10m") @NotNull @DurationMin(seconds = 1) Duration resultTtl,
		@DefaultValue("7d") @NotNull @DurationMin(seconds = 1) Duration batchTtl) {

}
