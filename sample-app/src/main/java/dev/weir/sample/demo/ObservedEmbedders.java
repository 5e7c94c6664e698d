package dev.weir.sample.demo;

import java.time.Duration;
import java.util.List;

import dev.weir.sample.service.embedding.Embedder;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.stereotype.Component;

/**
 * Makes each model slower, so that the effect of the lock is visible, and counts the
 * embeddings that it computes.
 */
@Component
class ObservedEmbedders implements BeanPostProcessor {

	private final ObjectProvider<DemoProperties> properties;

	private final ObjectProvider<ComputationCounter> counter;

	ObservedEmbedders(ObjectProvider<DemoProperties> properties, ObjectProvider<ComputationCounter> counter) {
		this.properties = properties;
		this.counter = counter;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String name) {
		return (bean instanceof Embedder embedder) ? new ObservedEmbedder(embedder) : bean;
	}

	private final class ObservedEmbedder implements Embedder {

		private final Embedder embedder;

		ObservedEmbedder(Embedder embedder) {
			this.embedder = embedder;
		}

		@Override
		public String model() {
			return this.embedder.model();
		}

		@Override
		public int dimensions() {
			return this.embedder.dimensions();
		}

		@Override
		public int maxTexts() {
			return this.embedder.maxTexts();
		}

		@Override
		public List<float[]> embed(List<String> texts) {
			DemoProperties demo = ObservedEmbedders.this.properties.getObject();
			boolean stampede = texts.stream().anyMatch((text) -> text.startsWith(StampedeController.TEXT));
			pause(stampede ? demo.extraLatency().plus(demo.stampedeLatency()) : demo.extraLatency());
			List<float[]> vectors = this.embedder.embed(texts);
			ObservedEmbedders.this.counter.getObject().count(vectors.size());
			return vectors;
		}

		private static void pause(Duration duration) {
			try {
				Thread.sleep(duration.toMillis());
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException("Interrupted while computing an embedding", ex);
			}
		}

	}

}
