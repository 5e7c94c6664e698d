package dev.weir.sample.service.embedding;

/**
 * Thrown when the model gives no answer, or an answer that cannot be used.
 */
public class EmbedderException extends RuntimeException {

	private final String problem;

	/**
	 * Creates an exception.
	 * @param model the name of the model
	 * @param problem the problem, such as {@code "answered with status 500"}
	 */
	public EmbedderException(String model, String problem) {
		super("The model '" + model + "' " + problem);
		this.problem = problem;
	}

	/**
	 * Returns the problem, without the name of the model.
	 * @return the problem
	 */
	String getProblem() {
		return this.problem;
	}

}
