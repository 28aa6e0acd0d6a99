// Logging in and out, forgotten passwords, and the ways in that the header offers.
import { expect, expectAccessible, islandsAwake, test, type Page } from "../fixtures/index.ts";
import { mailsTo } from "../fixtures/mail.ts";
import { enter, linkFor, person } from "../fixtures/people.ts";

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
  const who = await person(server);
  for (let tries = 0; tries < 5; tries += 1) {
    const answer = await page.request.post("/ui/accounts/log_in", { form: { login: who.nick, password: `guess ${tries}` }, headers: { accept: "application/json" } });
    expect(answer.status()).toBe(401);
  }
  await page.goto("/login");
  await name(page).fill(who.nick);
  await password(page).fill("another guess");
  await go(page).click();
  await expect(page.getByRole("alert")).toHaveText(/Too many tries\. Please wait \d+\ss and try again\./);
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

test("a forgotten password is replaced by a link in a mail, once, and all devices are out", async ({ page, noScripts, server, complaints }) => {
  complaints.expect(/410/);
  const who = await person(server);
  await enter(page, who);
  await noScripts.goto("/login");
  await noScripts.getByRole("link", { name: "Forgot your password?" }).click();
  await noScripts.getByLabel("E-mail").fill(who.email);
  await noScripts.getByRole("button", { name: "Send the link" }).click();
  await expect(noScripts.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();

  const link = await linkFor(server, who.email, "/reset");
  await noScripts.goto(link);
  await noScripts.getByLabel("New password").fill("short");
  await noScripts.getByRole("button", { name: "Save the password" }).click();
  await expect(noScripts.locator("#new_password-error")).toHaveText("This is too short.");
  const fresh = "lamp velvet harbour 41 onion";
  await noScripts.getByLabel("New password").fill(fresh);
  await noScripts.getByRole("button", { name: "Save the password" }).click();
  await expect(noScripts).toHaveURL(/\/login$/);
  await expect(noScripts.locator("#toasts .toast")).toContainText("Log in with it now");

  // The other browser is out.
  await page.goto("/settings/profile");
  await expect(page).toHaveURL(/\/login/);
  await name(noScripts).fill(who.nick);
  await password(noScripts).fill(who.password);
  await go(noScripts).click();
  await expect(noScripts.getByRole("alert")).toHaveText("Name or password is wrong.");
  await password(noScripts).fill(fresh);
  await go(noScripts).click();
  await expect(noScripts).toHaveURL(/\/$/);

  // It worked once.
  const again = await page.goto(link);
  expect(again?.status()).toBe(410);
  await expect(page.getByRole("heading", { name: "This link has had its day" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Ask for a new link" })).toBeVisible();
  expect((await mailsTo(server, who.email)).join()).toContain("password of your account");
});

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
  await choose.getByRole("button", { name: "Темне" }).click();
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

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: "reduce" } });
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
      await go(page).click();
      await expectAccessible(page);
      await enter(page, await person(server));
      await page.goto("/");
      await menu(page).click();
      await page.waitForTimeout(300);
      await expectAccessible(page);
    });
  });
}
