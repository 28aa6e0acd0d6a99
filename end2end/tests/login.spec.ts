// Logging in and out, forgotten passwords, and the ways in that the header offers.
import { expect, expectAccessible, islandsAwake, test, type Page } from "../fixtures/index.ts";
import { mailsTo } from "../fixtures/mail.ts";
import { enter, linkFor, person } from "../fixtures/people.ts";
import { letLinksPass } from "../fixtures/rows.ts";

const name = (page: Page) => page.getByLabel("E-mail or nick");
const password = (page: Page) => page.getByLabel("Password", { exact: true });
const go = (page: Page) => page.locator("#login-form").getByRole("button", { name: "Log in" });
const menu = (page: Page) => page.getByRole("button", { name: "Your menu" });
const session = async (page: Page) => (await page.context().cookies()).find((cookie) => cookie.name === "kadr_session");

for (const scripts of [true, false]) {
  test.describe(`scripts ${scripts ? "on" : "off"}`, () => {
    test("logs in where one wanted to go, and out again", async ({ page: scripted, noScripts, server }) => {
      const page = scripts ? scripted : noScripts;
      const who = await person(server);
      await page.goto("/settings/sessions");
      await expect(page).toHaveURL(/\/login\?next=\/settings\/sessions$/);
      await name(page).fill(who.email);
      await password(page).fill(who.password);
      await go(page).click();
      await expect(page).toHaveURL(/\/settings\/sessions$/);
      await expect(page.getByRole("heading", { name: "Where you are logged in" })).toBeVisible();

      await menu(page).click();
      await expect(page.locator("#own-menu")).toContainText(`@${who.nick}`);
      await page.locator("#own-menu").getByRole("button", { name: "Log out" }).click();
      await expect(page.locator("#toasts .toast")).toContainText("You are logged out");
      expect(await session(page)).toBeUndefined();
      await page.goto("/settings/sessions");
      await expect(page).toHaveURL(/\/login/);
    });

    test("an unknown name and a wrong password are the same to see, and nothing typed is lost", async ({ page: scripted, noScripts, server }) => {
      const page = scripts ? scripted : noScripts;
      const who = await person(server);
      const answers: string[] = [];
      for (const login of [who.nick, `nobody.${who.nick.slice(0, 20)}`]) {
        await page.goto("/login?next=/search");
        await name(page).fill(login);
        await password(page).fill("not the password");
        await page.getByLabel("Remember me").uncheck();
        await go(page).click();
        const alert = page.getByRole("alert");
        await expect(alert).toHaveText("Name or password is wrong.");
        answers.push(await alert.innerText());
        await expect(name(page)).toHaveValue(login);
        await expect(password(page)).toHaveValue("");
        await expect(password(page)).toBeFocused();
        await expect(page.getByLabel("Remember me")).not.toBeChecked();
        expect(page.url()).not.toContain("not%20the");
      }
      expect(answers[0]).toBe(answers[1]);
      // It still knows where one wanted to go.
      await name(page).fill(who.nick);
      await password(page).fill(who.password);
      await go(page).click();
      await expect(page).toHaveURL(/\/search$/);
    });
  });
}

test("an empty form says what is missing", async ({ page }) => {
  await page.goto("/login");
  await go(page).click();
  await expect(page.locator("#login-error")).toHaveText("Please fill this in.");
  await expect(page.locator("#password-error")).toHaveText("Please fill this in.");
  await expect(name(page)).toHaveAccessibleDescription(/Please fill this in/);
});

test("who guesses waits, and is told how long", async ({ page, server }) => {
  test.slow();
  const who = await person(server);
  const alert = page.getByRole("alert");
  await page.goto("/login");
  const guess = async (text: string) => {
    await name(page).fill(who.nick);
    await password(page).fill(text);
    const answer = page.waitForNavigation();
    await go(page).click();
    await answer;
    return alert.innerText();
  };
  for (let tries = 0; tries < 5; tries += 1) expect(await guess(`guess ${tries}`)).toContain("Name or password is wrong.");
  // The first pauses are shorter than a hand on a busy machine.
  await expect(async () => {
    expect(await guess("another guess")).toMatch(/Too many tries\. Please wait \d+\ss and try again\./);
  }).toPass({ timeout: 45_000 });
  await expect(name(page)).toHaveValue(who.nick);
  // The account is not shut: it waits, and then the right password is right.
  await expect(async () => {
    await name(page).fill(who.nick);
    await password(page).fill(who.password);
    await go(page).click();
    await expect(page).toHaveURL(/\/$/, { timeout: 2_000 });
  }).toPass({ timeout: 80_000, intervals: [5_000] });
});

test("logs in with the keyboard alone, and the eye shows the password", async ({ page, server }) => {
  const who = await person(server);
  await page.goto("/login");
  await expect(name(page)).toBeFocused();
  await page.keyboard.type(who.nick);
  await page.keyboard.press("Tab");
  await page.keyboard.type(who.password);
  await page.keyboard.press("Tab");
  const eye = page.getByRole("button", { name: "Show the password" });
  await expect(eye).toBeFocused();
  await page.keyboard.press("Space");
  await expect(password(page)).toHaveAttribute("type", "text");
  await expect(eye).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/$/);
  await expect(menu(page).locator("img")).toBeVisible();
});

test("what is remembered stays, what is not ends with the browser", async ({ page, server }) => {
  const who = await person(server);
  for (const remember of [true, false]) {
    await page.context().clearCookies();
    await page.goto("/login");
    await name(page).fill(who.nick);
    await password(page).fill(who.password);
    await page.getByLabel("Remember me").setChecked(remember);
    await go(page).click();
    await expect(page).toHaveURL(/\/$/);
    const cookie = await session(page);
    expect(cookie?.httpOnly).toBe(true);
    expect(cookie?.sameSite).toBe("Lax");
    if (remember) expect(cookie?.expires).toBeGreaterThan(Date.now() / 1000 + 29 * 86_400);
    else expect(cookie?.expires).toBe(-1);
  }
});

test("an address from elsewhere leads home", async ({ page, server }) => {
  const who = await person(server);
  for (const next of ["https://evil.example/", "//evil.example", "/\\evil.example"]) {
    await page.context().clearCookies();
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await name(page).fill(who.nick);
    await password(page).fill(who.password);
    await go(page).click();
    await expect(page).toHaveURL(`${server.url}/`);
  }
});

test("a new log-in has a new session, and the one before is over", async ({ page, server }) => {
  const who = await person(server);
  await enter(page, who);
  const before = await session(page);
  await enter(page, who);
  const after = await session(page);
  expect(after?.value).not.toBe(before?.value);
  const old = await fetch(`${server.url}/api/v1/me`, { headers: { cookie: `kadr_session=${before?.value}`, "sec-fetch-site": "same-origin" } });
  expect(old.status).toBe(401);
});

for (const scripts of [true, false]) {
  test(`a forgotten password is replaced by a link in a mail, once, and all devices are out, scripts ${scripts ? "on" : "off"}`, async ({
    page: elsewhere,
    browser,
    server,
    complaints,
  }) => {
    complaints.expect(/status of (410|422|401)/);
    const context = await browser.newContext({ baseURL: server.url, javaScriptEnabled: scripts });
    const page = await context.newPage();
    complaints.listenTo(page);
    const who = await person(server);
    await enter(elsewhere, who);
    await page.goto("/login");
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("E-mail").fill(who.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();

    const link = await linkFor(server, who.email, "/reset");
    await page.goto(link);
    const fresh = page.getByLabel("New password");
    const save = page.getByRole("button", { name: "Save the password" });
    for (const [text, sentence] of [
      ["", "Please fill this in."],
      ["short", "This is too short."],
      [`${who.nick}-2026`, "must not contain"],
    ] as const) {
      await fresh.fill(text);
      await save.click();
      await expect(page.locator("#new_password-error")).toContainText(sentence);
    }
    if (scripts) {
      await page.getByRole("button", { name: "Show the password" }).click();
      await expect(fresh).toHaveAttribute("type", "text");
    }
    const chosen = "lamp velvet harbour 41 onion";
    await fresh.fill(chosen);
    await save.click();
    await expect(page).toHaveURL(/\/login$/);
    await expect(page.locator("#toasts .toast")).toContainText("Log in with it now");

    // The other browser is out.
    await elsewhere.goto("/settings/profile");
    await expect(elsewhere).toHaveURL(/\/login/);
    await name(page).fill(who.nick);
    await password(page).fill(who.password);
    await go(page).click();
    await expect(page.getByRole("alert")).toHaveText("Name or password is wrong.");
    await password(page).fill(chosen);
    await go(page).click();
    await expect(page).toHaveURL(/\/$/);

    // It worked once.
    const again = await elsewhere.goto(link);
    expect(again?.status()).toBe(410);
    await expect(elsewhere.getByRole("heading", { name: "This link has had its day" })).toBeVisible();
    await expect(elsewhere.getByRole("link", { name: "Ask for a new link" })).toBeVisible();
    expect((await mailsTo(server, who.email)).join()).toContain("password of your account");
    await context.close();
  });

  test(`a link for a new password is good for an hour, scripts ${scripts ? "on" : "off"}`, async ({ page: scripted, noScripts, server, complaints }) => {
    complaints.expect(/status of 410/);
    const page = scripts ? scripted : noScripts;
    const who = await person(server);
    await page.goto("/reset");
    await page.getByLabel("E-mail").fill(who.email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await expect(page.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();
    const link = await linkFor(server, who.email, "/reset");
    expect((await page.goto(link))?.status()).toBe(200);
    await letLinksPass(server, who.email, 60 * 60 + 1);
    // The form was open all the time.
    await page.getByLabel("New password").fill("lamp velvet harbour 41 onion");
    await page.getByRole("button", { name: "Save the password" }).click();
    await expect(page.getByText(/used already or is too old|This link has had its day/).first()).toBeVisible();
    expect((await page.goto(link))?.status()).toBe(410);
    await expect(page.getByRole("heading", { name: "This link has had its day" })).toBeVisible();
    await enter(page, who);
  });
}

test("asking for a link never tells whether there is an account", async ({ page, server }) => {
  const address = `nobody.${Date.now()}@mail.example`;
  await page.goto("/reset");
  await page.getByLabel("E-mail").fill("no address");
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.locator("#email-error")).toContainText("does not look like an e-mail");
  await expect(page.getByLabel("E-mail")).toHaveValue("no address");
  await page.getByLabel("E-mail").fill(address);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();
  await page.waitForTimeout(500);
  expect(await mailsTo(server, address)).toEqual([]);
});

test("guests find the way in, from the header and the home page", async ({ page }, info) => {
  await page.goto("/search?q=light");
  const header = page.locator(".site-header");
  await header.getByRole("link", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/login\?next=\/search\?q=light$/);
  await page.goto("/");
  await page.locator(".hall").getByRole("link", { name: "Register" }).click();
  await expect(page).toHaveURL(/\/register/);
  await page.goto("/");
  if (info.project.name === "desktop") {
    await header.getByRole("link", { name: "Register" }).click();
  } else {
    await menu(page).click();
    await page.locator("#own-menu").getByRole("link", { name: "Register" }).click();
  }
  await expect(page).toHaveURL(/\/register/);
});

test("the menu of somebody is walked with the keyboard", async ({ page, server }) => {
  const who = await person(server, { name: "Дзиґа Вертов" });
  await enter(page, who);
  await page.goto("/");
  await menu(page).focus();
  await page.keyboard.press("Enter");
  const own = page.locator("#own-menu");
  await expect(own).toBeVisible();
  await expect(own).toContainText("Дзиґа Вертов");
  await page.keyboard.press("ArrowDown");
  await expect(own.getByRole("link", { name: "Your page" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(own.getByRole("link", { name: "Settings" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(own.getByRole("button", { name: "Log out" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(own).toBeHidden();
  await expect(menu(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/@${who.nick}$`));
});

test("language and theme of the account come along to another browser", async ({ page, browser, server }) => {
  const who = await person(server);
  await enter(page, who);
  await page.goto("/settings/preferences");
  const choose = page.locator("main");
  await choose.getByRole("button", { name: "Українська" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "uk");
  await choose.getByRole("button", { name: "Темний" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(async () => {
    const other = await browser.newContext({ baseURL: server.url });
    const there = await other.newPage();
    await enter(there, who);
    await there.goto("/");
    await expect(there.locator("html")).toHaveAttribute("lang", "uk");
    await expect(there.locator("html")).toHaveAttribute("data-theme", "dark", { timeout: 500 });
    await other.close();
  }).toPass();
});

for (const { locale, colorScheme } of [
  { locale: "en-US", colorScheme: "dark" },
  { locale: "ru-RU", colorScheme: "light" },
  { locale: "uk-UA", colorScheme: "dark" },
] as const) {
  test.describe(`${locale}, ${colorScheme}`, () => {
    test.use({ locale, colorScheme, contextOptions: { reducedMotion: "reduce" } });
    for (const path of ["/login", "/reset", "/reset?sent=1", "/reset?key=nonsense", "/settings/email?key=nonsense"]) {
      test(`axe: ${path}`, async ({ page, complaints }) => {
        if (path === "/reset?key=nonsense") complaints.expect(/410/);
        await page.goto(path);
        await islandsAwake(page);
        await expectAccessible(page);
      });
    }

    test("axe: a refused log-in, and the menu of somebody", async ({ page, server }) => {
      await page.goto("/login");
      await page.locator("#login-form button[data-variant=primary]").click();
      await expect(page.locator("#login-error")).not.toBeEmpty();
      await expectAccessible(page);
      await enter(page, await person(server, { language: locale.slice(0, 2) }));
      await page.goto("/");
      await page.locator("[popovertarget=own-menu], [aria-controls=own-menu]").first().click();
      await page.waitForTimeout(300);
      await expectAccessible(page);
    });
  });
}
