package dev.weir.autoconfigure;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The table of properties in the README is the metadata that the build generates. When
 * this test fails, replace what stands between the markers by what it prints.
 */
class PropertyReferenceTests {

	private static final String BEGIN = "<!-- properties: generated from the metadata -->\n";

	private static final String END = "<!-- end of properties -->\n";

	@Test
	void theTableInTheReadmeIsTrue() throws IOException {
		String readme = Files.readString(Path.of("..", "README.md"));
		assertThat(readme).contains(BEGIN, END);
		assertThat(readme.substring(readme.indexOf(BEGIN) + BEGIN.length(), readme.indexOf(END))).isEqualTo(table());
	}

	@Test
	void everyPropertyIsDescribed() throws IOException {
		assertThat(metadata().get("properties")).isNotEmpty()
			.allSatisfy((property) -> assertThat(property.path("description").asString("")).endsWith("."));
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
