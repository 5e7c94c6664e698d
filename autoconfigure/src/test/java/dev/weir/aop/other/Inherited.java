package dev.weir.aop.other;

import dev.weir.annotation.DistributedLock;
import dev.weir.lease.Lease;

/**
 * Superclass of a bean in another package.
 */
public class Inherited {

	private boolean held;

	@DistributedLock("placed")
	void run() {
		this.held = Lease.current().isPresent();
	}

	/**
	 * Calls the method as a class of this package does.
	 * @param bean the bean
	 * @return whether the method held its lease
	 */
	public static boolean call(Inherited bean) {
		bean.run();
		return bean.held;
	}

}
