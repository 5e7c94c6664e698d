package dev.weir.lease.engine;

import dev.weir.lease.EnclosingWork;

/**
 * Work around a call that the test begins and ends.
 */
final class RecordedWork implements EnclosingWork {

	private boolean active;

	private Runnable beforeCommit = () -> {
	};

	private Runnable afterEnd = () -> {
	};

	void begin() {
		this.active = true;
	}

	void commit() {
		try {
			this.beforeCommit.run();
		}
		finally {
			rollback();
		}
	}

	void rollback() {
		this.active = false;
		this.afterEnd.run();
	}

	@Override
	public boolean isActive() {
		return this.active;
	}

	@Override
	public void register(Runnable beforeCommit, Runnable afterEnd) {
		Runnable others = this.afterEnd;
		this.beforeCommit = beforeCommit;
		this.afterEnd = () -> {
			others.run();
			afterEnd.run();
		};
	}

}
