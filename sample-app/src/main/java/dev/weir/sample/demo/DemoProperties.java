package dev.weir.sample.demo;

import java.time.Duration;

import jakarta.validation.constraints.NotNull;
import org.hibernate.validator.constraints.time.DurationMin;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * The properties of the demonstration.
 *
 * @param corpus Whether the company notes are stored.
 * @param live Whether this instance has the live view and reports its state.
 * @param wordDelay Time between two words of an extractive answer.
 * @param extraLatency Additional time of each call of the model, to make the effect of
 * the lock visible.
 * @param stampedeLatency Additional time of the computation that the button "Start a
 * stampede" on the page requests.
 */
@Validated
@ConfigurationProperties("sample.demo")
record DemoProperties(@DefaultValue("true") boolean corpus, @DefaultValue("true") boolean live,
		@DefaultValue("25ms") @NotNull @DurationMin Duration wordDelay,
		@DefaultValue("0") @NotNull @DurationMin Duration extraLatency,
		@DefaultValue("1500ms") @NotNull @DurationMin Duration stampedeLatency) {

}
