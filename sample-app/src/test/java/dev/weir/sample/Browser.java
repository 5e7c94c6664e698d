package dev.weir.sample;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;

import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

import org.springframework.util.FileSystemUtils;

/**
 * A real browser without a window, which is installed on this machine.
 *
 * @param driver the driver of the browser
 * @param profile the directory with the files of the browser
 */
record Browser(ChromeDriver driver, Path profile) implements AutoCloseable {

	/**
	 * Starts the browser. Without a browser, the test fails in CI and is skipped
	 * elsewhere.
	 * @return the browser
	 */
	static Browser start() {
		File browser = Programs.needed("chromium", "chromium", "chromium-browser", "google-chrome");
		File driver = Programs.needed("chromium-driver", "chromedriver");
		try {
			return start(browser, driver);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static Browser start(File browser, File driver) throws IOException {
		Path profile = Files.createTempDirectory("weir-browser");
		ChromeOptions options = new ChromeOptions();
		options.setBinary(browser);
		options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1280,1100",
				"--user-data-dir=" + profile);
		LoggingPreferences logs = new LoggingPreferences();
		logs.enable(LogType.BROWSER, Level.ALL);
		options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
		// Without this path, Selenium would search for a driver on the internet.
		ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(driver)
			.usingAnyFreePort()
			.build();
		return new Browser(new ChromeDriver(service, options), profile);
	}

	/**
	 * Returns the messages in the console since the last call.
	 * @return the messages
	 */
	List<String> console() {
		return this.driver.manage().logs().get(LogType.BROWSER).getAll().stream().map(LogEntry::getMessage).toList();
	}

	/**
	 * Emulates a screen, because a window of this browser is at least 500 pixels wide.
	 * @param width the width of the screen; below 500 pixels, a phone is emulated
	 * @param theme the color scheme, {@code light} or {@code dark}
	 */
	void emulate(int width, String theme) {
		boolean phone = width < 500;
		this.driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", phone ? 844 : 1100, "deviceScaleFactor", 1, "mobile", phone));
		this.driver.executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
	}

	/**
	 * Checks the current state of the page with axe-core: all its rules, also those for
	 * best practices.
	 * @return the violations, each with the rule and the elements
	 */
	List<String> accessibilityViolations() {
		this.driver.executeScript(axe());
		List<?> violations = (List<?>) this.driver.executeAsyncScript("""
				const done = arguments[arguments.length - 1];
				axe.run().then(({ violations }) => done(violations.map(({ id, help, nodes }) =>
					[id, help, ...nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)].join(' | '))),
					(problem) => done([`axe-core failed: ${problem}`]));
				""");
		return violations.stream().map(String::valueOf).toList();
	}

	private static String axe() {
		try (InputStream script = Browser.class.getResourceAsStream("/axe.min.js")) {
			return new String(Objects.requireNonNull(script).readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.driver.quit();
		FileSystemUtils.deleteRecursively(this.profile.toFile());
	}

}
