package dev.weir.sample.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The uploads that were stored. Each upload has a company of its own, so a search can
 * find exactly its documents. Thread-safe.
 */
final class Uploads {

	private final String prefix = UUID.randomUUID().toString().substring(0, 4).toUpperCase(Locale.ROOT);

	private final AtomicInteger next = new AtomicInteger();

	private final Queue<Upload> stored = new ConcurrentLinkedQueue<>();

	String ticker() {
		return this.prefix + "-" + this.next.getAndIncrement();
	}

	void stored(String ticker, String text, int documents) {
		this.stored.add(new Upload(ticker, text, documents));
	}

	int size() {
		return this.stored.size();
	}

	/**
	 * Returns the uploads that are not found any more.
	 * @param operator the operator, for whom no limits apply
	 */
	List<String> lost(Operator operator) throws IOException, InterruptedException {
		List<String> lost = new ArrayList<>();
		operator.limitSearches(false);
		try {
			for (Upload upload : this.stored) {
				int found = operator.count(upload.text(), upload.ticker());
				if (found != upload.documents()) {
					lost.add(found + " of " + upload.documents() + " documents of upload " + upload.ticker()
							+ " are found");
				}
			}
		}
		finally {
			operator.limitSearches(true);
		}
		return lost;
	}

	/**
	 * An upload that was stored.
	 *
	 * @param ticker the company of its documents
	 * @param text the text of one of its documents
	 * @param documents the number of its documents
	 */
	private record Upload(String ticker, String text, int documents) {

	}

}
