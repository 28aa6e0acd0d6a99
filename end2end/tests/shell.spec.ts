// The page around every page: appearance, language, menu, search, keyboard.
import { expect, type Page, test } from "../fixtures/index.ts";

const html = (page: Page) => page.locator("html");
const ownMenu = (page: Page) => page.locator("#own-menu");
const openMenu = (page: Page) => page.locator("[popovertarget=own-menu]").click();

test.describe("appearance", () => {
  test("changes in place with scripts, and is remembered", async ({ page }) => {
    await page.goto("/search?q=film");
    await expect(html(page)).toHaveAttribute("data-scripts", "");
    await openMenu(page);
    const remembered = page.waitForResponse((answer) => answer.url().endsWith("/ui/preferences/theme"));
    await ownMenu(page).getByRole("button", { name: "Dark" }).click();
    await expect(html(page)).toHaveAttribute("data-theme", "dark");
    await expect(ownMenu(page).getByRole("button", { name: "Dark" })).toHaveAttribute("aria-pressed", "true");
    await expect(ownMenu(page).getByRole("button", { name: "Auto" })).toHaveAttribute("aria-pressed", "false");
    // In place: the page was not loaded again, so the menu is still open.
    await expect(ownMenu(page)).toBeVisible();
    expect((await remembered).status()).toBe(200);
    for (const frame of await page.locator("meta[name=theme-color]").all()) {
      await expect(frame).toHaveAttribute("content", "#110e0c");
    }
    await page.reload();
    await expect(html(page)).toHaveAttribute("data-theme", "dark");
  });

  test("changes without scripts, and one stays where one was", async ({ noScripts: page }) => {
    await page.goto("/search?q=film%20noir");
    await openMenu(page);
    await ownMenu(page).getByRole("button", { name: "Light" }).click();
    await expect(page).toHaveURL(/\/search\?q=film%20noir$/);
    await expect(html(page)).toHaveAttribute("data-theme", "light");
    await openMenu(page);
    await ownMenu(page).getByRole("button", { name: "Auto" }).click();
    await expect(html(page)).toHaveAttribute("data-theme", "auto");
  });

  test("follows the device until one has chosen", async ({ page }) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto("/");
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await ground()).not.toBe(light);
  });

  test("what is no theme changes nothing and is said", async ({ request, server, noScripts: page }) => {
    const refused = await request.post("/ui/preferences/theme", {
      form: { theme: "purple", back: "/" },
      headers: { Accept: "application/json", Origin: server.url },
    });
    expect(refused.status()).toBe(422);
    expect(refused.headers()["set-cookie"]).toBeUndefined();

    await page.goto("/");
    await openMenu(page);
    await ownMenu(page).locator("button[value=dark]").evaluate((button: HTMLButtonElement) => {
      button.value = "purple";
    });
    await ownMenu(page).getByRole("button", { name: "Dark" }).click();
    await expect(page.locator("#toasts")).toContainText("There is no such choice");
    await expect(html(page)).toHaveAttribute("data-theme", "auto");
    await page.reload();
    await expect(page.locator("#toasts")).not.toContainText("There is no such choice");
  });
});

test.describe("language", () => {
  for (const scripts of [true, false]) {
    test(`changes with scripts ${scripts ? "on" : "off"}`, async ({ page: scripted, noScripts }) => {
      const page = scripts ? scripted : noScripts;
      await page.goto("/search?q=%D1%84");
      await expect(html(page)).toHaveAttribute("lang", "en");
      for (const [code, name, heading] of [
        ["ru", "Русский", "Поиск"],
        ["uk", "Українська", "Пошук"],
        ["en", "English", "Search"],
      ] as const) {
        await openMenu(page);
        await ownMenu(page).getByRole("button", { name }).click();
        await expect(html(page)).toHaveAttribute("lang", code);
        await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
        await expect(page).toHaveURL(/\/search\?q=%D1%84$/);
      }
    });
  }

  test("is the browser's until one has chosen", async ({ browser }) => {
    const context = await browser.newContext({ locale: "uk-UA" });
    const page = await context.newPage();
    await page.goto("/");
    await expect(html(page)).toHaveAttribute("lang", "uk");
    await context.close();
  });

  test("a redirect never leaves the house", async ({ request, server }) => {
    for (const back of ["//evil.example", "https://evil.example/", "/\\evil.example"]) {
      const answer = await request.post("/ui/preferences/language", {
        form: { language: "ru", back },
        headers: { Accept: "text/html", Origin: server.url },
        maxRedirects: 0,
      });
      expect(answer.status()).toBe(302);
      expect(answer.headers().location).toBe("/");
    }
  });
});

test("the skip link is first, shows itself, and leads past the header", async ({ page }) => {
  await page.goto("/");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.locator("main :focus")).toHaveCount(1);
});

test("the menu works by keyboard alone", async ({ page }) => {
  await page.goto("/");
  const opener = page.locator("[popovertarget=own-menu]");
  await opener.focus();
  await page.keyboard.press("Enter");
  await expect(ownMenu(page)).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(ownMenu(page).getByRole("link").first()).toBeFocused();
  while (!(await ownMenu(page).getByRole("button", { name: "Auto" }).evaluate((it) => it === document.activeElement))) {
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("ArrowDown");
  await expect(ownMenu(page).getByRole("button", { name: "Light" })).toBeFocused();
  await page.keyboard.press("End");
  await expect(ownMenu(page).getByRole("button", { name: "Українська" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(ownMenu(page)).toBeHidden();
  await expect(opener).toBeFocused();
});

test("search is reachable from every page and says what it looked for", async ({ page, isMobile }) => {
  await page.goto("/");
  if (isMobile) {
    await page.locator("header").getByRole("link", { name: "Search" }).click();
    await page.locator("#query").fill("<b>Дзига & co</b>");
  } else {
    await page.keyboard.press("/");
    await expect(page.locator("header input[name=q]")).toBeFocused();
    await page.keyboard.type("<b>Дзига & co</b>");
  }
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/search\?q=/);
  await expect(page).toHaveTitle("Search for “<b>Дзига & co</b>” · Kadr");
  await expect(page.getByRole("heading", { level: 2 })).toHaveText("Nothing found for “<b>Дзига & co</b>”");
  await expect(page.locator("#query")).toHaveValue("<b>Дзига & co</b>");
});
