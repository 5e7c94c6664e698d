package dev.weir.sample;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.weir.lease.Lease;
import dev.weir.lease.LockOperations;
import dev.weir.lease.LockSpec;
import dev.weir.lease.SemaphoreOperations;
import dev.weir.lease.SemaphoreSpec;
import dev.weir.ratelimit.RateLimitOperations;
import dev.weir.ratelimit.RateLimitSpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.Select;

import org.springframework.util.DigestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the page in a real browser.
 */
@ExtendWith(Cluster.Extension.class)
class PageTests {

	private static Browser browser;

	private final Cluster cluster;

	private final WebDriver page;

	PageTests(Cluster cluster) {
		this.cluster = cluster;
		this.page = browser.driver();
	}

	@BeforeAll
	static void start() {
		browser = Browser.start();
	}

	@AfterAll
	static void stop() {
		if (browser != null) {
			browser.close();
		}
	}

	@BeforeEach
	void open() {
		browser.emulate(1280, "light");
		this.page.get("http://127.0.0.1:" + this.cluster.one().port() + "/");
		awaitText("#instances-title", "2 instances, by process id and port");
	}

	@AfterEach
	void consoleHasNoViolationOfThePolicyAndNoOtherMistake() {
		// Chromium also logs each denial.
		assertThat(browser.console()).allSatisfy((message) -> assertThat(message).contains("status of 429"));
	}

	@Test
	void showsTheAnswerToAQuestion() {
		ask("Who makes the lithography machines?");
		awaitText(".answer", "ASML builds the lithography machines");
		assertThat(find(".question").getText()).isEqualTo("Who makes the lithography machines?");
		awaitText("#answered-by", "No language model.");
	}

	@Test
	void showsTheTokensOfTheUserInThisMinuteAndInThisMonth() {
		RateLimitOperations rateLimits = this.cluster.two().context().getBean(RateLimitOperations.class);
		rateLimits.tryConsume(RateLimitSpec.of("chat:tokens:month").user("user:alice").cost(1_234_567));
		awaitText("#tokens", "0 of 60,000 per minute");
		awaitText("#tokens", "0 of 2,000,000 this month, anew on 1 ");
		new Select(find("#user")).selectByVisibleText("alice");
		awaitText("#tokens-title", "Tokens that the answers for alice have used");
		awaitText("#tokens", "1,234,567 of 2,000,000 this month, anew on 1 ");
		assertThat(number("return parseFloat(document.querySelector('#tokens li:last-child .bar span').style.width)"))
			.isEqualTo(61);
		// The answer is long enough for a look at the bucket before it is full again.
		ask("Who makes the lithography machines?");
		awaitText(".answer", "ASML builds the lithography machines");
		await().atMost(40, TimeUnit.SECONDS)
			.untilAsserted(() -> assertThat(find("#tokens").getText()).doesNotContain("1,234,567"));
		String used = find("#tokens").getText().replaceAll("(?s).*?([0-9,]+) of 2,000,000.*", "$1").replace(",", "");
		assertThat(Long.parseLong(used)).isBetween(1_234_568L, 1_236_567L);
	}

	@Test
	void aUserWithoutTokensForThisMonthSeesWhenTheCountBeginsAnew() {
		RateLimitOperations rateLimits = this.cluster.two().context().getBean(RateLimitOperations.class);
		rateLimits.tryConsume(RateLimitSpec.of("chat:tokens:month").user("user:alice").cost(1_999_990));
		new Select(find("#user")).selectByVisibleText("alice");
		ask("Who bakes bread?");
		awaitText("#chat-failure", "Please wait: your answers have used all tokens of this month. Try again ");
		// In the last minutes of a month, the page counts down instead.
		boolean later = find("#chat-failure").getText().contains("Try again after 1 ");
		assertThat(find("#chat-form button").isEnabled()).isEqualTo(later);
		assertAccessibleAndFitting(1280);
	}

	@Test
	void searchFindsNotes() {
		new Select(find("#sector")).selectByVisibleText("Consumer");
		find("#query").sendKeys("yearly membership fees", Keys.ENTER);
		awaitText("#results", "Costco: Warehouse club");
		assertThat(this.page.findElements(By.cssSelector("#results li"))).hasSize(5);
	}

	@Test
	void showsWhatItDemonstratesAndLinksToTheGuardedMethods() {
		assertThat(find("#purpose").getText()).startsWith("This page demonstrates Weir: ");
		find("#purpose a").click();
		assertThat(find("#methods").isDisplayed()).isTrue();
		assertThat(number("return document.getElementById('methods').getBoundingClientRect().top"))
			.isLessThan(number("return innerHeight"));
	}

	@Test
	void namesTheSourceFileAndTheGuardsOfEachGuardedMethod() throws IOException {
		List<String> guards = new ArrayList<>();
		for (WebElement row : this.page.findElements(By.cssSelector("#method-rows tr"))) {
			Path source = Path.of("src/main/java/dev/weir/sample",
					row.findElement(By.cssSelector(".path")).getText().strip());
			String method = row.findElement(By.cssSelector("code")).getText();
			assertThat(method).startsWith(source.getFileName().toString().replace("java", ""));
			for (WebElement guard : row.findElements(By.cssSelector("td:last-child code"))) {
				guards.add(guard.getText());
				assertThat(Files.readString(source)).contains("(name = \"" + guard.getText() + "\"",
						" " + method.substring(method.indexOf('.') + 1) + "(");
			}
		}
		assertThat(guards).containsExactlyInAnyOrder("embedding_lock", "embedding_lock", "search_lock", "upsert_batch",
				"reindex", "embedding_batch", "vector_upsert", "chat:stream", "chat:user", "chat:tokens",
				"chat:tokens:month", "search:vector", "documents:user", "embeddings:user", "embeddings:user");
	}

	@Test
	void showsTheStatisticsAndTheInstanceThatCountedThem() {
		awaitText("#statistics", "notes on 48 companies");
		String instance = find("#statistics").getText().replaceAll(".*Last: (\\S+) at .*", "$1");
		assertThat(find("#instances").getText()).contains(instance.substring(0, instance.indexOf(':')));
	}

	@Test
	void eachGuardIsExplained() {
		List<WebElement> guards = this.page.findElements(By.cssSelector(".gauges li"));
		assertThat(guards).extracting((guard) -> guard.getDomAttribute("data-name"))
			.containsExactly("embedding_lock", "reindex", "search_lock", "upsert_batch", "embedding_batch",
					"vector_upsert", "chat:stream", "chat:tokens", "chat:tokens:month", "chat:user", "documents:user",
					"embeddings:user", "search:vector");
		assertThat(guards).extracting((guard) -> guard.findElement(By.cssSelector(".what")).getText())
			.allSatisfy((text) -> assertThat(text).contains(" ").endsWith("."))
			.doesNotHaveDuplicates();
	}

	@Test
	void barsAreEmptyWhileEverythingIsFreeAndFullWhileTheNextCallerWaitsOrIsDenied() {
		assertThat(find("#reading").getText()).contains("Each bar shows how much is in use.");
		awaitAllFree();
		LockSpec lock = LockSpec.of("embedding_lock", md5("bars:all-MiniLM-L6-v2"));
		SemaphoreSpec batch = SemaphoreSpec.of("embedding_batch", 3);
		SemaphoreSpec upsert = SemaphoreSpec.of("vector_upsert", 2);
		LockOperations locks = this.cluster.two().context().getBean(LockOperations.class);
		SemaphoreOperations semaphores = this.cluster.two().context().getBean(SemaphoreOperations.class);
		CompletableFuture<HttpResponse<String>> waiter;
		try (Lease ignored = locks.acquire(lock);
				Lease one = semaphores.acquire(batch);
				Lease two = semaphores.acquire(upsert);
				Lease three = semaphores.acquire(upsert)) {
			waiter = Instance.embedAsync(this.cluster.one().port(), "bars");
			awaitText("[data-name='embedding_lock'] .numbers", "1 held · 1 waiting");
			awaitText("[data-name='embedding_batch'] .numbers", "1 of 3 in use");
			awaitText("[data-name='vector_upsert'] .numbers", "2 of 2 in use");
			assertThat(usedPercent("embedding_lock")).isEqualTo(100);
			assertThat(usedPercent("embedding_batch")).isEqualTo(33);
			assertThat(usedPercent("vector_upsert")).isEqualTo(100);
		}
		assertThat(waiter.join().statusCode()).isEqualTo(200);
		awaitAllFree();
		new Select(find("#user")).selectByVisibleText("alice");
		exhaust("alice");
		await().atMost(40, TimeUnit.SECONDS)
			.untilAsserted(() -> assertThat(usedPercent("chat:user")).isGreaterThan(80));
		assertThat(find("[data-name='chat:user'] .numbers").getText()).contains(" of 30 used by alice");
	}

	@Test
	void listsTheProcessIdAndPortOfEachInstance() {
		long process = ProcessHandle.current().pid();
		for (int width : new int[] { 1280, 390 }) {
			browser.emulate(width, "light");
			assertThat(this.page.findElements(By.cssSelector("#instances li")))
				.allSatisfy((item) -> assertThat(item.isDisplayed()).isTrue())
				.extracting(WebElement::getText)
				.containsExactlyInAnyOrder(process + ":" + this.cluster.one().port(),
						process + ":" + this.cluster.two().port());
		}
	}

	@Test
	void uploadShowsItsProgressAndTheBatchesThatWereAlreadyStored() {
		new Select(find("#user")).selectByVisibleText("alice");
		upload("browser");
		awaitText("#upload-summary", "4 of 4 batches: 4 stored");
		assertThat(find("#progress").getDomProperty("value")).isEqualTo("4");
		upload("browser");
		awaitText("#upload-summary", "4 of 4 batches: 0 stored, 4 were already stored under this name");
	}

	@Test
	void showsTheFormatOfALineAndStoresThatLine() {
		new Select(find("#user")).selectByVisibleText("alice");
		assertThat(find("#format").isDisplayed()).isTrue();
		find("#batch").clear();
		find("#batch").sendKeys("format");
		find("#notes").sendKeys(find("#format code").getText().replace("\n", " "));
		find("#upload-form button:not([type])").click();
		awaitText("#upload-summary", "1 of 1 batches: 1 stored");
	}

	@Test
	void anonymousUserSeesBeforeTheClickThatAnUploadNeedsAUser() {
		assertThat(find("#upload-hint").getText()).contains("Only known users can upload notes.");
		upload("anonymous");
		awaitText("#upload-failure", "Only known users can do this. Choose alice or bob");
		find("#as-alice").click();
		assertThat(find("#upload-hint").isDisplayed()).isFalse();
		assertThat(find("#upload-failure").isDisplayed()).isFalse();
		assertThat(new Select(find("#user")).getFirstSelectedOption().getText()).isEqualTo("alice");
		assertThat(this.page.switchTo().activeElement().getDomAttribute("id")).isEqualTo("batch");
		upload("anonymous");
		awaitText("#upload-summary", "4 of 4 batches: 4 stored");
	}

	@Test
	void unknownUserGetsTheSameMessage() {
		browser.driver().executeScript("document.querySelector('#user').append(new Option('carol'))");
		new Select(find("#user")).selectByVisibleText("carol");
		upload("carol");
		awaitText("#upload-failure", "Only known users can do this. Choose alice or bob");
		new Select(find("#user")).selectByVisibleText("anonymous");
		// The live view sends the user, too. Without a failure, its last request has
		// ended.
		await().atMost(40, TimeUnit.SECONDS).until(() -> find("#live-failure").getText().isEmpty());
		assertThat(browser.console()).isNotEmpty()
			.allSatisfy((message) -> assertThat(message).contains("status of 401"));
	}

	@Test
	void namesTheLineOfANoteThatIsNotJson() {
		new Select(find("#user")).selectByVisibleText("alice");
		find("#notes").sendKeys("{}\nnonsense");
		find("#upload-form button:not([type])").click();
		awaitText("#upload-failure", "Line 2 is not a JSON object.");
	}

	@Test
	void stampedeHasOneComputationAndFortyNineWaiters() {
		find("#stampede").click();
		awaitText("#stampede-summary", "1 computation, 49 waiters");
		assertThat(find("#timeline").isDisplayed()).isTrue();
		assertThat(this.page.findElements(By.cssSelector("#timeline rect"))).hasSize(50);
		assertThat(this.page.findElements(By.cssSelector("#timeline rect.computed"))).hasSize(1);
	}

	@Test
	void deniedUserSeesWhenToTryAgainWhileAnotherUserIsAllowed() {
		new Select(find("#user")).selectByVisibleText("alice");
		// A token comes back every two seconds, so the first question may be allowed.
		await().atMost(60, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(100)).until(() -> {
			exhaust("alice");
			ask("Who bakes bread?");
			await().atMost(20, TimeUnit.SECONDS)
				.until(() -> find("#chat-form button").isEnabled() || !find("#chat-failure").getText().isEmpty());
			return find("#chat-failure").getText().startsWith("Please wait: you have asked too many questions");
		});
		assertThat(find("#chat-failure").getText()).containsPattern("Try again in \\d s\\.|You can try again now\\.");
		awaitText("#chat-failure", "You can try again now.");
		assertThat(find("#chat-form button").isEnabled()).isTrue();
		new Select(find("#user")).selectByVisibleText("bob");
		find("#question").clear();
		ask("Who makes the lithography machines?");
		awaitText(".answer:last-child", "ASML builds");
		awaitText("[data-name='chat:user']", "denied (429)");
	}

	@Test
	void allControlsAreReachableWithTheKeyboard() {
		find("body").sendKeys(Keys.TAB);
		List<String> reached = new ArrayList<>();
		for (int i = 0; i < 16; i++) {
			WebElement focused = this.page.switchTo().activeElement();
			reached.add(focused.getTagName() + "#" + focused.getDomAttribute("id"));
			focused.sendKeys(Keys.TAB);
		}
		assertThat(reached).containsSubsequence("select#user", "button#stampede", "div#messages", "input#question",
				"input#query", "select#sector", "button#as-alice", "input#batch", "textarea#notes", "button#example");
	}

	@Test
	void stampedeComesFirstOnAPhone() {
		browser.emulate(390, "light");
		assertThat(bottom("#stampede-section")).isLessThanOrEqualTo(top("#chat"));
		assertThat(bottom("#stampede")).isLessThan(844);
	}

	@ParameterizedTest
	@CsvSource({ "1280, light", "390, dark" })
	void isAccessibleAndFitsTheScreen(int width, String theme) {
		assertAccessibleInEachState(width, theme);
	}

	@ParameterizedTest
	@Tag("long")
	@CsvSource({ "1280, dark", "390, light" })
	void isAccessibleAndFitsTheScreenInTheOtherTheme(int width, String theme) {
		assertAccessibleInEachState(width, theme);
	}

	private void assertAccessibleInEachState(int width, String theme) {
		browser.emulate(width, theme);
		this.page.navigate().refresh();
		awaitText("#instances-title", "2 instances");
		assertThat(browser.driver().executeScript("return matchMedia('(prefers-color-scheme: dark)').matches"))
			.isEqualTo(theme.equals("dark"));
		assertAccessibleAndFitting(width);
		upload("not-stored");
		awaitText("#upload-failure", "Only known users");
		assertAccessibleAndFitting(width);
		new Select(find("#user")).selectByVisibleText("bob");
		ask("Who makes the lithography machines?");
		awaitText(".answer", "ASML builds the lithography machines");
		find("#query").sendKeys("yearly membership fees", Keys.ENTER);
		awaitText("#results", "Costco: Warehouse club");
		upload("accessible-" + width + theme);
		awaitText("#upload-summary", "4 of 4 batches");
		find("#stampede").click();
		awaitText("#stampede-summary", "1 computation, 49 waiters");
		assertAccessibleAndFitting(width);
		exhaust("bob");
		ask("Who bakes bread?");
		await().atMost(20, TimeUnit.SECONDS)
			.until(() -> find("#chat-form button").isEnabled() || !find("#chat-failure").getText().isEmpty());
		assertAccessibleAndFitting(width);
	}

	@Test
	void doesNotRunAScriptOrApplyAStyleThatSomebodyInserts() {
		String script = """
				const script = document.createElement('script');
				script.append('window.inserted = true');
				const style = document.createElement('style');
				style.append('body { margin: 42px }');
				document.body.append(script, style);
				return [window.inserted === true, getComputedStyle(document.body).margin].join();
				""";
		assertThat(browser.driver().executeScript(script)).isEqualTo("false,0px");
		assertThat(browser.console()).isNotEmpty().allSatisfy((message) -> assertThat(message).startsWith("security "));
	}

	@Test
	void checkOfAccessibilityFindsMistakes() {
		browser.emulate(390, "dark");
		browser.driver().executeScript("""
				document.querySelector('label[for=notes]').remove();
				document.querySelector('#purpose').style.color = 'black';
				""");
		assertThat(browser.accessibilityViolations()).anySatisfy((mistake) -> assertThat(mistake).startsWith("label"))
			.anySatisfy((mistake) -> assertThat(mistake).startsWith("color-contrast"));
	}

	private void assertAccessibleAndFitting(int width) {
		assertThat(browser.accessibilityViolations()).isEmpty();
		// On a phone, a page that is too wide makes the browser zoom out.
		assertThat(number("return innerWidth")).isEqualTo(width);
		assertThat(number("return document.documentElement.scrollWidth - document.documentElement.clientWidth"))
			.isZero();
	}

	private void awaitAllFree() {
		await().atMost(40, TimeUnit.SECONDS)
			.untilAsserted(() -> assertThat(this.page.findElements(By.cssSelector(".gauges li")))
				.extracting((guard) -> usedPercent(guard.getDomAttribute("data-name")))
				.hasSize(13)
				.containsOnly(0L));
	}

	private long usedPercent(String guard) {
		return number(
				"return parseFloat(document.querySelector('[data-name=\"" + guard + "\"] .bar span').style.width)");
	}

	private static String md5(String text) {
		return DigestUtils.md5DigestAsHex(text.getBytes(StandardCharsets.UTF_8));
	}

	private long top(String selector) {
		return number("return document.querySelector('" + selector + "').getBoundingClientRect().top + scrollY");
	}

	private long bottom(String selector) {
		return number("return document.querySelector('" + selector + "').getBoundingClientRect().bottom + scrollY");
	}

	private void exhaust(String user) {
		for (int i = 0; i < 40; i++) {
			int status = this.cluster.two().send(user, "/api/chat", "{\"question\": \"chips\"}").join().statusCode();
			if (status == 429) {
				return;
			}
		}
	}

	private void ask(String question) {
		find("#question").clear();
		find("#question").sendKeys(question, Keys.ENTER);
	}

	private void upload(String batch) {
		find("#batch").clear();
		find("#batch").sendKeys(batch);
		find("#example").click();
		find("#upload-form button:not([type])").click();
	}

	private WebElement find(String selector) {
		return this.page.findElement(By.cssSelector(selector));
	}

	private long number(String script) {
		return ((Number) browser.driver().executeScript(script)).longValue();
	}

	private void awaitText(String selector, String text) {
		await().atMost(40, TimeUnit.SECONDS)
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(find(selector).getText()).contains(text));
	}

}
