package dev.weir.sample;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.Select;

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
		this.page.manage().window().setSize(new Dimension(1280, 1100));
		this.page.get("http://127.0.0.1:" + this.cluster.one().port() + "/");
		awaitText("#instances", "its 2 instances");
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
	void searchFindsNotes() {
		new Select(find("#sector")).selectByVisibleText("Consumer");
		find("#query").sendKeys("yearly membership fees", Keys.ENTER);
		awaitText("#results", "Costco: Warehouse club");
		assertThat(this.page.findElements(By.cssSelector("#results li"))).hasSize(5);
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
	void namesTheLineOfANoteThatIsNotJson() {
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
		awaitText("[data-name='chat:user']", "× 429");
	}

	@Test
	void allControlsAreReachableWithTheKeyboard() {
		find("body").sendKeys(Keys.TAB);
		List<String> reached = new ArrayList<>();
		for (int i = 0; i < 14; i++) {
			WebElement focused = this.page.switchTo().activeElement();
			reached.add(focused.getTagName() + "#" + focused.getDomAttribute("id"));
			focused.sendKeys(Keys.TAB);
		}
		assertThat(reached).containsSubsequence("select#user", "input#question", "input#query", "select#sector",
				"input#batch", "button#example", "button#stampede");
	}

	@Test
	void fitsOnAPhoneWithoutHorizontalScrolling() {
		this.page.manage().window().setSize(new Dimension(500, 900));
		assertThat(number("return document.documentElement.scrollWidth - document.documentElement.clientWidth"))
			.isZero();
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
