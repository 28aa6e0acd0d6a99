// The last step of a registration: the code of the mail, right, wrong, too old, and asked for
// by twenty at once.
import { request } from "@playwright/test";

import { codeFor, mailsTo } from "../fixtures/mail.ts";
import { expect, islandsAwake, test } from "../fixtures/index.ts";
import { AS_BROWSER } from "../fixtures/people.ts";
import { at, code, errorOf, finish, isIn, onward, open, PASSWORD, ready, somebody, toTheCode } from "../fixtures/registration.ts";
import { letPass } from "../fixtures/rows.ts";
import { Server } from "../fixtures/server.ts";

for (const scripts of [true, false]) {
  test.describe(`scripts ${scripts ? "on" : "off"}`, () => {
    test("a wrong code is counted, and after five of them another one is needed", async ({ page: scripted, noScripts, server, complaints }) => {
      complaints.expect(/status of (422|410)/);
      const page = scripts ? scripted : noScripts;
      const who = somebody();
      await toTheCode(page, who, scripts);
      const right = await codeFor(server, who.email);
      const wrong = right === "000000" ? "000001" : "000000";
      for (const left of [4, 3, 2, 1]) {
        await code(page).fill(wrong);
        const answer = scripts ? page.waitForResponse(/register_confirm/) : page.waitForNavigation();
        await onward(page).click();
        await answer;
        await expect(errorOf(page, "code")).not.toBeEmpty();
        await expect(page.locator("#code-left")).toContainText(String(left));
        await expect(code(page)).toBeFocused();
      }
      const spent = page.getByRole("alert").filter({ hasText: "no longer good" });
      for (const text of [wrong, right]) {
        await code(page).fill(text);
        const answer = scripts ? page.waitForResponse(/register_confirm/) : page.waitForNavigation();
        await onward(page).click();
        await answer;
        await expect(spent).toBeVisible();
      }
      await expect(page).toHaveURL(at("confirm"));
    });

    test("a code is too old after fifteen minutes, and another one lets in", async ({ page: scripted, noScripts, server, complaints }) => {
      complaints.expect(/status of 410/);
      const page = scripts ? scripted : noScripts;
      const who = somebody();
      await toTheCode(page, who, scripts);
      const old = await codeFor(server, who.email);
      await letPass(server, who.email, 14 * 60);
      await letPass(server, who.email, 61);
      await code(page).fill(old);
      await onward(page).click();
      // Who comes back to the page has a new one in the mail; a refused form is such a page.
      const said = scripts ? "no longer good" : "Another code is on its way";
      await expect(page.getByRole(scripts ? "alert" : "status").filter({ hasText: said })).toBeVisible();
      await expect(page).toHaveURL(at("confirm"));
      if (scripts) await open(page, "/register/confirm");
      await code(page).fill(await codeFor(server, who.email, 2));
      await onward(page).click();
      await isIn(page);
      expect(await mailsTo(server, who.email)).toHaveLength(2);
    });

    test("another code makes the one before void", async ({ page: scripted, noScripts, server, complaints }) => {
      complaints.expect(/status of 422/);
      const page = scripts ? scripted : noScripts;
      const who = somebody();
      await toTheCode(page, who, scripts);
      const first = await codeFor(server, who.email);
      await letPass(server, who.email, 31);
      await page.reload();
      await ready(page, scripts);
      await page.locator("#resend button").click();
      await expect(page.getByText("Another code is on its way")).toBeVisible();
      await ready(page, scripts);
      const second = await codeFor(server, who.email, 2);
      await code(page).fill(first === second ? "000000" : first);
      await onward(page).click();
      await expect(errorOf(page, "code")).toHaveText(/^This is not the code/);
      await code(page).fill(second);
      await onward(page).click();
      await isIn(page);
    });
  });
}

test("a code can be pasted as the mail shows it", async ({ page, server }) => {
  const who = somebody();
  await toTheCode(page, who);
  const sent = await codeFor(server, who.email);
  expect(await mailsTo(server, who.email)).toHaveLength(1);
  await code(page).fill(` ${sent.slice(0, 3)} ${sent.slice(3)} `);
  await onward(page).click();
  await isIn(page);
});

test("another code can be had after a while that grows, and the page counts it down", async ({ page, server }) => {
  const who = somebody();
  await toTheCode(page, who);
  const count = page.locator("#resend-count");
  const again = page.locator("#resend button");
  await expect(count).toContainText(/in 0:[0-3]\d/);
  await expect(again).toBeDisabled();
  await letPass(server, who.email, 26);
  await page.reload();
  await islandsAwake(page);
  await expect(count).toContainText(/in 0:0\d/);
  await expect(again).toBeDisabled();
  await expect(again).toBeEnabled();
  await expect(count).toHaveText("Send another code");
  await again.click();
  await expect(page.getByText("Another code is on its way")).toBeVisible();
  await islandsAwake(page);
  await codeFor(server, who.email, 2);
  // The next wait is the longer one.
  await letPass(server, who.email, 26);
  await page.reload();
  await islandsAwake(page);
  await expect(again).toBeDisabled();
  await expect(count).toContainText(/in 0:\d\d/);
  await finishWith(page, await codeFor(server, who.email, 2));
});

async function finishWith(page: Parameters<typeof code>[0], text: string): Promise<void> {
  await code(page).fill(text);
  await onward(page).click();
  await isIn(page);
}

test("too early, another code is refused with the time that is left", async ({ noScripts: page, server, complaints }) => {
  complaints.expect(/status of 429/);
  const who = somebody();
  await toTheCode(page, who, false);
  await codeFor(server, who.email);
  await page.getByRole("button", { name: "Send another code" }).click();
  await expect(page.getByRole("alert")).toHaveText(/Too many tries\. Please wait \d+\ss and try again\./);
  expect(await mailsTo(server, who.email)).toHaveLength(1);
  await finish(page, server, who);
});

test("twenty confirm one nick in the same moment: one has it, nineteen are led back and lose nothing", async () => {
  test.slow();
  const BROWSERS = 20;
  // Each comes from an address of its own, or they would be one who tries too often.
  const house = await Server.start({ KADR_TRUSTED_PROXIES: "127.0.0.1" });
  const nick = somebody("race").nick;
  const browsers = await Promise.all(
    Array.from({ length: BROWSERS }, async (_, index) => ({
      email: `${nick}.${index}@example.org`,
      context: await request.newContext({
        baseURL: house.url,
        extraHTTPHeaders: { ...AS_BROWSER, "x-forwarded-for": `203.0.113.${index + 1}` },
      }),
    })),
  );
  try {
    const call = async ({ context }: (typeof browsers)[number], name: string, form: Record<string, string> = {}) => {
      const answer = await context.post(`/ui/accounts/register_${name}`, { form });
      expect(answer.status(), `${name}: ${await answer.text()}`).toBe(200);
      return (await answer.json()) as string;
    };
    // One after the other: what is raced for is the end.
    for (const browser of browsers) {
      expect(await call(browser, "email", { email: browser.email })).toBe("/register/nick");
      await call(browser, "nick", { nick, name: "Ada" });
      await call(browser, "password", { password: PASSWORD });
      await call(browser, "keep_avatar");
      expect((await browser.context.get("/register/confirm", { headers: { accept: "text/html" } })).status()).toBe(200);
    }
    const codes: string[] = [];
    for (const { email } of browsers) codes.push(await codeFor(house, email));

    const answers = await Promise.all(browsers.map((browser, index) => call(browser, "confirm", { code: codes[index] ?? "" })));
    const back = answers.filter((to) => to.startsWith("/register/nick?note=nick-lost"));
    expect(back, answers.join(" ")).toHaveLength(BROWSERS - 1);
    const in_ = async ({ context }: (typeof browsers)[number]) => (await context.get("/api/v1/me")).status() === 200;
    const inside = await Promise.all(browsers.map(in_));
    expect(inside.filter(Boolean)).toHaveLength(1);
    expect(inside.indexOf(true)).toBe(answers.findIndex((to) => !back.includes(to)));
    expect((await fetch(`${house.url}/@${nick}`)).status).toBe(200);

    // The others choose another nick and are in: neither code nor password is asked for again.
    const losers = browsers.filter((_, index) => !inside[index]).slice(0, 3);
    for (const [index, browser] of losers.entries()) {
      const page = await (await browser.context.get("/register/nick?note=nick-lost", { headers: { accept: "text/html" } })).text();
      expect(page).toContain("a moment faster");
      expect(await call(browser, "nick", { nick: `${nick}.${index}`, name: "Ada" })).toBe("/register/confirm");
      await call(browser, "confirm");
      expect(await in_(browser)).toBe(true);
    }
  } finally {
    await Promise.all(browsers.map(({ context }) => context.dispose()));
    await house.stop();
  }
});
