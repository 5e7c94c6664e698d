package dev.weir.sample.service.embedding;

import org.jspecify.annotations.Nullable;

/**
 * Checks the vectors of models. A model that changes its dimensions under the same name,
 * or that sends vectors of another length than 1, would make all scores wrong.
 */
final class Vectors {

	private static final double TOLERANCE = 0.001;

	private Vectors() {
	}

	/**
	 * Returns a vector with length 1.
	 * @param model the name of the model, for messages
	 * @param dimensions how many numbers the vector must have
	 * @param vector the vector of the model
	 * @return the vector with length 1
	 * @throws EmbedderException if the vector has another number of dimensions, or no
	 * direction
	 */
	static float[] normalized(String model, int dimensions, float @Nullable [] vector) {
		if (vector == null || vector.length != dimensions) {
			throw new EmbedderException(model, "sent a vector of " + ((vector != null) ? vector.length : 0)
					+ " dimensions instead of " + dimensions);
		}
		double length = length(vector);
		if (!(length > 0) || Double.isInfinite(length)) {
			throw new EmbedderException(model, "sent a vector without a direction");
		}
		float[] normalized = new float[vector.length];
		for (int i = 0; i < vector.length; i++) {
			normalized[i] = (float) (vector[i] / length);
		}
		return normalized;
	}

	/**
	 * Returns whether a vector has the length 1. A cache can contain others, for example
	 * of another version of the service.
	 * @param vector the vector
	 * @return whether it has the length 1
	 */
	static boolean isNormalized(float[] vector) {
		return Math.abs(length(vector) - 1) < TOLERANCE;
	}

	private static double length(float[] vector) {
		double squares = 0;
		for (float number : vector) {
			squares += (double) number * number;
		}
		return Math.sqrt(squares);
	}

}
