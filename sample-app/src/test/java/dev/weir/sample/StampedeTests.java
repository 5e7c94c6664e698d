package dev.weir.sample;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for two instances that receive requests for the same text at the same time.
 */
@ExtendWith(Cluster.Extension.class)
class StampedeTests {

	private final Instance one;

	private final Instance two;

	StampedeTests(Cluster cluster) {
		this.one = cluster.one();
		this.two = cluster.two();
	}

	@Test
	void computesAStampedeOverBothInstancesOnce() throws Exception {
		for (int round = 0; round < 5; round++) {
			String text = "Stampede by HTTP " + round;
			long before = this.one.computed() + this.two.computed();
			long beforeEverywhere = this.two.computedEverywhere();
			List<CompletableFuture<HttpResponse<String>>> requests = new ArrayList<>();
			for (int i = 0; i < 50; i++) {
				requests.add(Instance.embedAsync((i % 2 != 0) ? this.one.port() : this.two.port(), text));
			}
			CompletableFuture.allOf(requests.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
			assertThat(requests).allSatisfy((request) -> assertThat(request.join().statusCode()).isEqualTo(200));
			assertThat(requests.stream()
				.map((request) -> Instance.json(request.join().body()).get("embedding"))
				.distinct()).hasSize(1);
			assertThat(this.one.computed() + this.two.computed() - before).isEqualTo(1);
			assertThat(this.one.computedEverywhere() - beforeEverywhere).isEqualTo(1);
			assertThat(requests.stream().filter((request) -> request.join().body().contains("\"cached\":false")))
				.hasSize(1);
		}
	}

}
