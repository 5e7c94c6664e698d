package dev.weir.benchmark.run;

/**
 * The numbers of commands that Redis has run, including those that scripts called.
 *
 * @param all the number of commands
 * @param scripts the number of commands that ran a script
 */
record CommandCounts(long all, long scripts) {

	private static final String PREFIX = "cmdstat_";

	static final CommandCounts NONE = new CommandCounts(0, 0);

	/**
	 * Reads the counts.
	 * @param commandStats the output of {@code INFO commandstats}
	 * @return the counts, without {@code INFO} itself
	 */
	static CommandCounts parse(String commandStats) {
		return commandStats.lines()
			.filter((line) -> line.startsWith(PREFIX) && !line.startsWith(PREFIX + "info:"))
			.map(CommandCounts::parseLine)
			.reduce(NONE, CommandCounts::plus);
	}

	private static CommandCounts parseLine(String line) {
		String command = line.substring(PREFIX.length(), line.indexOf(':'));
		long calls = Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(',')));
		return new CommandCounts(calls, (command.equals("evalsha") || command.equals("eval")) ? calls : 0);
	}

	CommandCounts plus(CommandCounts other) {
		return new CommandCounts(this.all + other.all, this.scripts + other.scripts);
	}

	CommandCounts minus(CommandCounts other) {
		return new CommandCounts(this.all - other.all, this.scripts - other.scripts);
	}

}
