// Everything people decide about themselves.
import { expect, expectAccessible, islandsAwake, test, type Page } from "../fixtures/index.ts";
import { mailsTo } from "../fixtures/mail.ts";
import { enter, linkFor, person, type Person } from "../fixtures/people.ts";

const toast = (page: Page) => page.locator("#toasts .toast");
const part = (page: Page, id: string) => page.locator(`#${id}`);

async function loggedIn(page: Page, who: Person, path: string): Promise<void> {
  await enter(page, who);
  await page.goto(path);
}

test("every part is a tab with an address, and needs a log-in", async ({ page, server }) => {
  const who = await person(server);
  await page.goto("/settings");
  await expect(page).toHaveURL(/\/login\?next=\/settings$/);
  await loggedIn(page, who, "/settings");
  await expect(page).toHaveURL(/\/settings\/profile$/);
  const tabs = page.getByRole("navigation", { name: "Settings" });
  for (const [label, path] of [
    ["Account", "account"],
    ["Devices", "sessions"],
    ["API tokens", "tokens"],
    ["Preferences", "preferences"],
    ["Profile", "profile"],
  ] as const) {
    await tabs.getByRole("link", { name: label }).click();
    await expect(page).toHaveURL(new RegExp(`/settings/${path}$`));
    await expect(tabs.locator("[aria-current=page]")).toHaveText(label);
    await expect(page).toHaveTitle(`${label} · Settings · Kadr`);
  }
  await expect(tabs.getByRole("link", { name: "Invitations" })).toHaveCount(0);
});

for (const scripts of [true, false]) {
  test.describe(`scripts ${scripts ? "on" : "off"}`, () => {
    test("name and bio are kept, and come back when they are refused", async ({ page: scripted, noScripts, server }) => {
      const page = scripts ? scripted : noScripts;
      const who = await person(server);
      await loggedIn(page, who, "/settings/profile");
      const form = part(page, "about");
      await expect(form.getByLabel("Display name")).toHaveValue(who.name);
      await form.getByLabel("Display name").fill("A");
      await form.getByLabel("Bio").fill("Films & <b>«друзья»</b>\nhttps://example.org/a");
      await form.getByRole("button", { name: "Save" }).click();
      await expect(page.locator("#name-error")).toHaveText("This is too short.");
      await expect(form.getByLabel("Display name")).toHaveValue("A");
      await expect(form.getByLabel("Bio")).toHaveValue("Films & <b>«друзья»</b>\nhttps://example.org/a");
      await form.getByLabel("Display name").fill("Ада Л.");
      await form.getByRole("button", { name: "Save" }).click();
      await expect(toast(page)).toHaveText("Saved.");
      await expect(page).not.toHaveURL(/__err/);
      await expect(form.getByLabel("Display name")).toHaveValue("Ада Л.");
      await page.goto(`/@${who.nick}`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Ада Л.");
      await expect(page.locator(".bio")).toContainText("Films & <b>«друзья»</b>");
      const link = page.locator(".bio a");
      await expect(link).toHaveAttribute("href", "https://example.org/a");
      await expect(link).toHaveAttribute("rel", /nofollow ugc/);
    });

    test("a token is made, shown once, used, and revoked", async ({ page: scripted, noScripts, server }) => {
      const page = scripts ? scripted : noScripts;
      const who = await person(server);
      await loggedIn(page, who, "/settings/tokens");
      const form = part(page, "new-token");
      await expect(page.getByText("No program has a token yet.")).toBeVisible();
      await form.getByLabel("Name").fill("Backup script");
      await form.getByLabel("Read").uncheck();
      await form.getByRole("button", { name: "Make the token" }).click();
      await expect(page.locator("#scopes-error")).toHaveText("Allow at least one thing.");
      await expect(form.getByLabel("Name")).toHaveValue("Backup script");
      await expect(form.getByLabel("Read")).not.toBeChecked();
      await form.getByLabel("Read").check();
      await form.getByLabel("Upload").check();
      await expect(form.getByLabel("Administer")).toHaveCount(0);
      await form.getByRole("button", { name: "Make the token" }).click();
      const fresh = page.locator(".fresh");
      await expect(fresh).toContainText("It is shown this once");
      const token = await fresh.locator("code").innerText();
      expect(token).toMatch(/^kadr_\w{32,}$/);
      await page.reload();
      await expect(page.locator(".fresh")).toHaveCount(0);
      expect(await page.content()).not.toContain(token);

      const me = () => fetch(`${server.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
      const answer = await me();
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ nick: who.nick, scopes: ["read", "upload"] });
      await page.reload();
      const line = page.locator("#tokens li");
      await expect(line).toContainText("Backup script");
      await expect(line).toContainText("Last used just now");
      await expect(line).toContainText(`…${token.slice(-4)}`);
      await line.getByRole("button", { name: "Revoke: Backup script" }).click();
      await expect(toast(page)).toHaveText("The token no longer works.");
      await expect(page.locator("#tokens li")).toHaveCount(0);
      expect((await me()).status).toBe(401);
    });

    test("leaving takes the password and a change of mind", async ({ page: scripted, noScripts, server, complaints }) => {
      complaints.expect(/404/);
      const page = scripts ? scripted : noScripts;
      const who = await person(server);
      await loggedIn(page, who, "/settings/account");
      const leave = part(page, "leave");
      await leave.getByLabel("Current password").fill("not my password");
      await leave.getByRole("button", { name: "Delete my account" }).click();
      await expect(page.locator("#leave-password-error")).toHaveText("This is not your current password.");
      await leave.getByLabel("Current password").fill(who.password);
      await leave.getByRole("button", { name: "Delete my account" }).click();
      await expect(leave).toContainText(/will be deleted on \d+\s\w+ \d{4}/);
      expect((await page.goto(`/@${who.nick}`))?.status()).toBe(404);
      const banner = page.locator(".leaving-banner");
      await expect(banner).toContainText("You can still change your mind.");
      expect((await mailsTo(server, who.email)).join()).toContain("7 days");

      // Also after logging in again.
      await page.context().clearCookies();
      await page.goto("/login");
      await page.getByLabel("E-mail or nick").fill(who.nick);
      await page.getByLabel("Password", { exact: true }).fill(who.password);
      await page.locator("#login-form").getByRole("button", { name: "Log in" }).click();
      await expect(page).toHaveURL(/\/settings\/account$/);
      await banner.getByRole("button", { name: "Keep my account" }).click();
      await expect(toast(page)).toContainText("The account stays");
      await expect(banner).toHaveCount(0);
      expect((await page.goto(`/@${who.nick}`))?.status()).toBe(200);
    });

    test("a new address is confirmed there and told to the old one", async ({ page: scripted, noScripts, server, complaints }) => {
      complaints.expect(/410/);
      const page = scripts ? scripted : noScripts;
      const who = await person(server);
      const other = await person(server);
      const fresh = `new.${who.email}`;
      await loggedIn(page, who, "/settings/account");
      const form = part(page, "email-setting");
      await expect(form).toContainText(who.email);
      await form.getByLabel("New address").fill(other.email);
      await form.getByLabel("Current password").fill(who.password);
      await form.getByRole("button", { name: /Send a link/ }).click();
      await expect(page.locator("#email-error")).toHaveText("This is taken already.");
      await expect(form.getByLabel("New address")).toHaveValue(other.email);
      await expect(form.getByLabel("Current password")).toHaveValue("");
      await form.getByLabel("New address").fill(fresh);
      await form.getByLabel("Current password").fill(who.password);
      await form.getByRole("button", { name: /Send a link/ }).click();
      await expect(toast(page)).toContainText("on its way to the new address");
      await expect(form).not.toContainText(fresh);

      await page.goto(await linkFor(server, fresh, "/settings/email"));
      // Opening it changed nothing yet.
      await page.getByRole("button", { name: "Confirm the address" }).click();
      await expect(page).toHaveURL(/\/settings\/account$/);
      await expect(toast(page)).toContainText("The new address is yours now.");
      await expect(form).toContainText(fresh);
      await expect(async () => {
        expect((await mailsTo(server, who.email)).join()).toContain("now has the address");
      }).toPass();
      await page.goto(await linkFor(server, fresh, "/settings/email"));
      await page.getByRole("button", { name: "Confirm the address" }).click();
      await expect(page.locator("main")).toContainText("used already or is too old");
      // Pressed once more it would be no better.
      await expect(page.getByRole("button", { name: "Confirm the address" })).toHaveCount(0);
      await expect(page.locator("main").getByRole("link", { name: "Settings" })).toBeVisible();
    });
  });
}

test("a session is ended from another browser", async ({ page, browser, server }) => {
  const who = await person(server);
  const others = await Promise.all([1, 2, 3].map(() => browser.newContext({ baseURL: server.url })));
  const pages = await Promise.all(others.map((context) => context.newPage()));
  for (const other of pages) await loggedIn(other, who, "/settings/profile");
  await loggedIn(page, who, "/settings/sessions");
  const lines = page.locator("#sessions li");
  await expect(lines).toHaveCount(4);
  await expect(lines.filter({ hasText: "This device" })).toHaveCount(1);
  await expect(lines.filter({ hasText: "This device" }).getByRole("button")).toHaveCount(0);
  await expect(lines.first()).toContainText("Last used just now");
  await expect(lines.first()).toContainText("127.0.0.1");
  await expect(lines.first()).toContainText(/Chrome · /);
  await lines.filter({ hasNotText: "This device" }).first().getByRole("button", { name: /^Log out: / }).click();
  await expect(toast(page)).toHaveText("Logged out.");
  await expect(lines).toHaveCount(3);
  const outs = async () => {
    let out = 0;
    for (const other of pages) {
      await other.goto("/settings/profile");
      if (other.url().includes("/login")) out += 1;
    }
    return out;
  };
  expect(await outs()).toBe(1);
  await page.getByRole("button", { name: "Log out everywhere else" }).click();
  await expect(toast(page)).toHaveText("You are logged out everywhere else.");
  await expect(lines).toHaveCount(1);
  expect(await outs()).toBe(3);
  await page.reload();
  await expect(page).toHaveURL(/\/settings\/sessions$/);
  for (const context of others) await context.close();
});

test("a new password ends the other log-ins, not this one", async ({ page, browser, server }) => {
  const who = await person(server);
  const context = await browser.newContext({ baseURL: server.url });
  const other = await context.newPage();
  await loggedIn(other, who, "/settings/profile");
  await loggedIn(page, who, "/settings/account");
  const form = part(page, "password-setting");
  const change = form.getByRole("button", { name: "Change the password" });
  await form.getByLabel("Current password").fill("wrong");
  await form.getByLabel("New password").fill("lamp velvet harbour 41 onion");
  await change.click();
  await expect(page.locator("#present-password-error")).toHaveText("This is not your current password.");
  await expect(form.getByLabel("New password")).toHaveValue("");
  await form.getByLabel("Current password").fill(who.password);
  await form.getByLabel("New password").fill(`${who.nick} 2026`);
  await change.click();
  await expect(page.locator("#new_password-error")).toContainText("must not contain");
  await form.getByLabel("Current password").fill(who.password);
  await form.getByLabel("New password").fill("lamp velvet harbour 41 onion");
  await change.click();
  await expect(toast(page)).toContainText("The password is changed.");
  await other.goto("/settings/profile");
  await expect(other).toHaveURL(/\/login/);
  await enter(other, { ...who, password: "lamp velvet harbour 41 onion" });
  await context.close();
});

test("a token is copied by its button", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await loggedIn(page, await person(server), "/settings/tokens");
  await part(page, "new-token").getByLabel("Name").fill("Laptop");
  await part(page, "new-token").getByRole("button", { name: "Make the token" }).click();
  await page.locator(".fresh").getByRole("button", { name: "Copy" }).click();
  await expect(toast(page)).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await page.locator(".fresh code").innerText());
});

test("what was written is not lost by a wrong click", async ({ page, server }) => {
  await loggedIn(page, await person(server), "/settings/profile");
  await part(page, "about").getByLabel("Bio").fill("Half a sentence");
  const asked = page.waitForEvent("dialog");
  const left = page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Account" }).click({ noWaitAfter: true });
  const dialog = await asked;
  expect(dialog.type()).toBe("beforeunload");
  await dialog.dismiss();
  await left;
  await expect(page).toHaveURL(/\/settings\/profile$/);
  await expect(part(page, "about").getByLabel("Bio")).toHaveValue("Half a sentence");
});

test("new videos begin as one says", async ({ noScripts: page, server }) => {
  await loggedIn(page, await person(server), "/settings/preferences");
  const form = part(page, "defaults");
  await expect(form.getByLabel("Public")).toBeChecked();
  await form.getByLabel("Private").check();
  await form.getByRole("button", { name: "Save" }).click();
  await expect(toast(page)).toHaveText("Saved.");
  await page.reload();
  await expect(form.getByLabel("Private")).toBeChecked();
});

test("an admin invites, and takes an invitation back", async ({ page, browser, server, complaints }) => {
  complaints.expect(/status of (422|403)/);
  const who = await person(server, { admin: true });
  const address = `invited.${who.nick}@mail.example`;
  await loggedIn(page, who, "/settings/invitations");
  const form = part(page, "new-invitation");
  await form.getByLabel("E-mail").fill("nobody");
  await form.getByRole("button", { name: "Make the invitation" }).click();
  await expect(page.locator("#email-error")).toContainText("does not look like an e-mail");
  await form.getByLabel("E-mail").fill(address);
  await form.getByLabel("For how many people").fill("3");
  await form.getByRole("button", { name: "Make the invitation" }).click();
  const link = await page.locator(".fresh code").innerText();
  expect(link).toContain("/register?invite=");
  expect(await linkFor(server, address, "/register")).toBe(link.replace(server.url, ""));
  const line = page.locator("#invitations li");
  await expect(line).toContainText(address);
  await expect(line).toContainText("Used 0 of 3");
  await line.getByRole("button", { name: `Take back: ${address}` }).click();
  await expect(toast(page)).toContainText("lets nobody in");
  await expect(line).toHaveCount(0);
  // Others do not even see the page.
  const context = await browser.newContext({ baseURL: server.url });
  const other = await context.newPage();
  await loggedIn(other, await person(server), "/settings/profile");
  const answer = await other.goto("/settings/invitations");
  expect(answer?.status()).toBe(403);
  await expect(other.getByRole("alert")).toContainText("You may not do that.");
  await context.close();
});

for (const { locale, colorScheme } of [
  { locale: "en-US", colorScheme: "light" },
  { locale: "ru-RU", colorScheme: "dark" },
  { locale: "uk-UA", colorScheme: "dark" },
] as const) {
  test.describe(`${locale}, ${colorScheme}`, () => {
    test.use({ locale, colorScheme, contextOptions: { reducedMotion: "reduce" } });
    test("axe: every part, empty and full", async ({ page, server, complaints }) => {
      test.slow();
      complaints.expect(/status of 422/);
      const who = await person(server, { admin: true, language: locale.slice(0, 2) });
      const send = (id: string) => part(page, id).locator("button[data-variant=primary], button:not([type=button])").last();
      await enter(page, who);
      await page.goto("/settings/tokens");
      await expect(page.locator("html")).toHaveAttribute("lang", locale.slice(0, 2));
      await page.locator("#new-token #name").fill("Laptop");
      await send("new-token").click();
      await expect(page.locator(".fresh code")).toBeVisible();
      await expectAccessible(page);
      await page.goto("/settings/invitations");
      await send("new-invitation").click();
      await expect(page.locator(".fresh code")).toBeVisible();
      await expectAccessible(page);
      for (const path of ["profile", "account", "sessions", "tokens", "preferences", "invitations"]) {
        await page.goto(`/settings/${path}`);
        await islandsAwake(page);
        await expectAccessible(page);
      }
      await page.goto("/settings/account");
      await send("password-setting").click();
      await expect(part(page, "password-setting").locator(".error").filter({ hasText: /\S/ }).first()).toBeVisible();
      await expectAccessible(page);
    });

    test("axe: leaving, with its banner", async ({ page, server }) => {
      const who = await person(server, { language: locale.slice(0, 2) });
      await loggedIn(page, who, "/settings/account");
      const leave = part(page, "leave");
      await leave.locator("input[type=password]").fill(who.password);
      await leave.locator("form button:not([type=button])").click();
      await expect(page.locator(".leaving-banner")).toBeVisible();
      await expectAccessible(page);
      await page.goto("/");
      await expect(page.locator(".leaving-banner")).toBeVisible();
      await expectAccessible(page);
    });
  });
}

test("the eye shows each password for itself", async ({ page, server }) => {
  await loggedIn(page, await person(server), "/settings/account");
  const form = part(page, "password-setting");
  const fields = form.locator("input[autocomplete$=password]");
  const eyes = form.getByRole("button", { name: "Show the password" });
  await expect(fields).toHaveCount(2);
  await expect(eyes).toHaveCount(2);
  await fields.nth(1).fill("lamp velvet");
  await eyes.nth(1).click();
  await expect(fields.nth(1)).toHaveAttribute("type", "text");
  await expect(fields.nth(0)).toHaveAttribute("type", "password");
  await expect(eyes.nth(1)).toHaveAttribute("aria-pressed", "true");
  await eyes.nth(1).click();
  await expect(fields.nth(1)).toHaveAttribute("type", "password");
  await expect(fields.nth(1)).toHaveValue("lamp velvet");
});
