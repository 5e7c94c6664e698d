package dev.weir.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import dev.weir.policy.LockSettings;
import dev.weir.policy.RateLimitSettings;
import dev.weir.policy.SemaphoreSettings;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.bind.DataObjectPropertyName;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the table in {@code docs/properties.md} is the metadata that the build
 * generates. When this test fails, replace the text between the markers with the table in
 * the failure message.
 */
class PropertyReferenceTests {

	private static final String BEGIN = "<!-- properties: generated from the metadata -->\n";

	private static final String END = "<!-- end of properties -->\n";

	@Test
	void theTableIsTheMetadata() throws IOException {
		String page = page();
		assertThat(page).contains(BEGIN, END);
		assertThat(page.substring(page.indexOf(BEGIN) + BEGIN.length(), page.indexOf(END))).isEqualTo(table());
	}

	@Test
	void theTableOfOnePolicyListsAllAttributes() throws IOException {
		String table = page().substring(page().indexOf("## Properties of one policy"));
		for (RecordComponent component : LockSettings.class.getRecordComponents()) {
			assertThat(table).containsPattern("\\| `" + dashed(component) + "` \\| x \\|");
		}
		for (RecordComponent component : SemaphoreSettings.class.getRecordComponents()) {
			assertThat(table).containsPattern("\\| `" + dashed(component) + "` \\|[ x]*\\| x \\|");
		}
		for (RecordComponent component : RateLimitSettings.class.getRecordComponents()) {
			assertThat(table).containsPattern("\\| `" + dashed(component) + "` \\|[ x]*\\|[ x]*\\| x \\|");
		}
	}

	@Test
	void theReadmeHasTheSameDefaults() throws IOException {
		List<String> table = table().lines().toList();
		Pattern row = Pattern.compile("\\| `(weir\\.[a-z.-]+)` \\| (`[^`]*`) \\|");
		assertThat(row.matcher(Files.readString(Path.of("..", "README.md"))).results()).isNotEmpty()
			.allSatisfy((match) -> assertThat(table)
				.anyMatch((line) -> line.startsWith("| `" + match.group(1) + "` | " + match.group(2) + " |")));
	}

	@Test
	void everyPropertyIsDescribed() throws IOException {
		assertThat(metadata().get("properties")).isNotEmpty()
			.allSatisfy((property) -> assertThat(property.path("description").asString("")).endsWith("."));
	}

	private static String page() throws IOException {
		return Files.readString(Path.of("..", "docs", "properties.md"));
	}

	private static String dashed(RecordComponent component) {
		return DataObjectPropertyName.toDashedForm(component.getName());
	}

	private static String table() throws IOException {
		return StreamSupport.stream(metadata().get("properties").spliterator(), false)
			.sorted(Comparator.comparing((property) -> property.get("name").asString()))
			.map((property) -> "| `%s` | %s | %s |\n".formatted(property.get("name").asString(), defaultOf(property),
					property.get("description").asString()))
			.collect(Collectors.joining("", "| property | default | meaning |\n|---|---|---|\n", ""));
	}

	private static String defaultOf(JsonNode property) {
		JsonNode value = property.get("defaultValue");
		return (value != null) ? "`" + value.asString() + "`" : "";
	}

	private static JsonNode metadata() throws IOException {
		try (InputStream stream = PropertyReferenceTests.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			return JsonMapper.shared().readTree(stream);
		}
	}

}
