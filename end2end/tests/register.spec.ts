// Registration, step by step, with and without scripts. What is asked while typing, the code,
// the keyboard, and houses with other rules have specs of their own beside this one.
import { codeFor } from "../fixtures/mail.ts";
import { expect, expectAccessible, islandsAwake, type Page, test } from "../fixtures/index.ts";
import { person } from "../fixtures/people.ts";
import { AVIF, encoded } from "../fixtures/pictures.ts";
import {
  at,
  code,
  email,
  errorOf,
  finish,
  giveEmail,
  giveNick,
  givePassword,
  isIn,
  nick,
  onward,
  open,
  password,
  PASSWORD,
  ready,
  skipPicture,
  somebody,
  toTheCode,
  toThePicture,
} from "../fixtures/registration.ts";

const REFUSED = /status of 422/;

const LANGUAGES = [
  { locale: "en-US", title: "Come on in", next: "Continue", required: "Please fill this in." },
  { locale: "ru-RU", title: "Входите", next: "Дальше", required: "Заполните это поле." },
  { locale: "uk-UA", title: "Заходьте", next: "Далі", required: "Заповніть це поле." },
];

for (const scripts of [true, false]) {
  test.describe(`scripts ${scripts ? "on" : "off"}`, () => {
    for (const { locale, title, next, required } of LANGUAGES) {
      test.describe(locale, () => {
        test.use({ locale });

        test("the whole way", async ({ page: scripted, noScripts, server, complaints }) => {
          complaints.expect(REFUSED);
          const page = scripts ? scripted : noScripts;
          const who = somebody();
          await open(page, "/register", scripts);
          await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
          await expect(onward(page)).toHaveText(next);
          await expect(page.locator("html")).toHaveAttribute("lang", locale.slice(0, 2));
          await onward(page).click();
          await expect(errorOf(page, "email")).toHaveText(required);
          await expect(email(page)).toBeFocused();
          await giveEmail(page, who.email, scripts);
          await giveNick(page, who.nick, scripts, "Ada Lovelace");
          await givePassword(page, scripts);
          await skipPicture(page, scripts);
          await expect(page.locator(".ticket")).toContainText("Ada Lovelace");
          await expect(page.locator(".ticket")).toContainText(`@${who.nick}`);
          await finish(page, server, who);
        });
      });
    }

    test("a refused answer comes back filled in, with the error at its field", async ({ page: scripted, noScripts, complaints }) => {
      complaints.expect(REFUSED);
      const page = scripts ? scripted : noScripts;
      await open(page, "/register", scripts);
      await email(page).fill("nobody@nowhere");
      await onward(page).click();
      await expect(errorOf(page, "email")).toContainText("does not look like an e-mail");
      await expect(email(page)).toHaveValue("nobody@nowhere");
      await expect(email(page)).toHaveAttribute("aria-invalid", "true");
      await expect(email(page)).toBeFocused();
      await giveEmail(page, somebody().email, scripts);
      await nick(page).fill("admin");
      await page.locator("#name").fill("Ада & «друзья»");
      await onward(page).click();
      await expect(errorOf(page, "nick")).toContainText("kept for the site");
      await expect(nick(page)).toHaveValue("admin");
      await expect(page.locator("#name")).toHaveValue("Ада & «друзья»");
      await giveNick(page, somebody().nick, scripts);
      for (const [text, sentence] of [
        ["short", "too short"],
        ["qwertyuiop123", "easy to guess"],
      ] as const) {
        await password(page).fill(text);
        await onward(page).click();
        await expect(errorOf(page, "password")).toContainText(sentence);
        if (!scripts) await expect(password(page)).toHaveValue("");
      }
    });

    test("back and forth loses nothing", async ({ page: scripted, noScripts, server }) => {
      const page = scripts ? scripted : noScripts;
      const who = somebody();
      await toTheCode(page, who, scripts);
      await page.locator(".reel a", { hasText: "Name" }).click();
      await expect(page).toHaveURL(at("nick"));
      await ready(page, scripts);
      await expect(nick(page)).toHaveValue(who.nick);
      await page.locator("a[rel=prev]").click();
      await expect(email(page)).toHaveValue(who.email);
      await page.goBack();
      await page.goBack();
      await expect(page).toHaveURL(at("confirm"));
      await open(page, "/register/password", scripts);
      await expect(password(page)).toHaveValue("");
      await onward(page).click();
      // Nothing was missing: back to where they were.
      await expect(page).toHaveURL(at("confirm"));
      // Whoever comes back goes on where they were.
      await open(page, "/register", scripts);
      await expect(page).toHaveURL(at("confirm"));
      await finish(page, server, who);
    });

    test("a nick that is taken comes with others that are free", async ({ page: scripted, noScripts, server, complaints }) => {
      complaints.expect(REFUSED);
      const page = scripts ? scripted : noScripts;
      const who = await person(server, { nick: somebody().nick });
      await open(page, "/register", scripts);
      await giveEmail(page, somebody("eve").email, scripts);
      await nick(page).fill(who.nick.toUpperCase());
      await page.locator("#name").fill("Eve");
      await onward(page).click();
      await expect(errorOf(page, "nick")).toHaveText("This is taken already.");
      const other = page.locator(".suggestions button").first();
      const free = await other.innerText();
      await other.click();
      if (scripts) {
        await expect(nick(page)).toHaveValue(free);
        await expect(nick(page)).toBeFocused();
        await onward(page).click();
      }
      await expect(page).toHaveURL(at("password"));
      await page.goto("/register/nick");
      await expect(nick(page)).toHaveValue(free);
      await expect(page.locator("#name")).toHaveValue("Eve");
    });

    test("the server dies between the steps, and nobody notices", async ({ page: scripted, noScripts, server }) => {
      test.slow();
      const page = scripts ? scripted : noScripts;
      const who = somebody();
      await scripted.goto("/");
      const photo = await encoded(scripted, 300, 200, "image/png");
      await open(page, "/register", scripts);
      await giveEmail(page, who.email, scripts);
      await server.restart();
      await giveNick(page, who.nick, scripts);
      await server.restart();
      await givePassword(page, scripts);
      // A picture is chosen, and the server is another one when it is sent.
      const file = { name: "a.png", mimeType: "image/png", buffer: photo };
      await page.locator(scripts ? "[data-part=file]" : "#avatar-file").setInputFiles(file);
      if (scripts) await expect(page.locator("[data-part=cut]")).toBeVisible();
      await server.restart();
      await page.getByRole("button", { name: "Use this picture" }).filter({ visible: true }).click();
      await expect(page).toHaveURL(at("confirm"));
      const picture = (await page.locator(".ticket .face img").getAttribute("src")) ?? "";
      const sent = await codeFor(server, who.email);
      await server.restart();
      await page.reload();
      await ready(page, scripts);
      await code(page).fill(sent);
      await onward(page).click();
      await isIn(page);
      expect((await page.request.get(picture)).status()).toBe(200);
      await page.goto(`/@${who.nick}`);
      await expect(page.locator(".profile .face")).toHaveAttribute("src", /\.webp$/);
    });
  });
}

test("a nick lost at the last moment leads back to it, and nothing else is lost", async ({ page, server, browser }) => {
  const [mine, theirs] = [somebody(), somebody()];
  await toTheCode(page, mine);
  const faster = await (await browser.newContext({ baseURL: server.url })).newPage();
  await toTheCode(faster, { nick: mine.nick, email: theirs.email });
  await finish(faster, server, theirs);
  await faster.context().close();

  await code(page).fill(await codeFor(server, mine.email));
  await onward(page).click();
  await expect(page).toHaveURL(/\/register\/nick\?note=nick-lost/);
  await islandsAwake(page);
  await expect(page.getByText("a moment faster")).toBeVisible();
  await expect(errorOf(page, "nick")).toHaveText("This is taken already.");
  await page.locator(".suggestions button").first().click();
  await onward(page).click();
  // Straight to the end: the other answers are there, and the address is proven.
  await expect(page).toHaveURL(at("confirm"));
  await islandsAwake(page);
  await expect(code(page)).toHaveCount(0);
  await onward(page).click();
  await isIn(page);
});

test("nobody jumps over a step, and a draft that is gone is said to be", async ({ page }) => {
  await page.goto("/register/confirm");
  await expect(page).toHaveURL(/\/register\?note=gone/);
  await expect(page.getByText("no registration under way")).toBeVisible();
  await islandsAwake(page);
  await giveEmail(page, somebody().email);
  await page.goto("/register/confirm");
  await expect(page).toHaveURL(at("nick"));
  await page.getByRole("button", { name: "Start over" }).click();
  await expect(page).toHaveURL(/\/register$/);
  await expect(email(page)).toHaveValue("");
});

/** A page that is wider than the window scrolls sideways, and the browser zooms out of it. */
async function fits(page: Page): Promise<void> {
  const [width, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  expect(width, page.url()).toBe(window);
}

for (const { locale } of LANGUAGES) {
  test.describe(locale, () => {
    test.use({ locale, viewport: { width: 360, height: 780 } });
    test("no step is wider than the window of a phone", async ({ page }) => {
      const who = somebody();
      await open(page, "/register");
      await fits(page);
      await giveEmail(page, who.email);
      await fits(page);
      await giveNick(page, who.nick, true, "Wolfeschlegelsteinhausenbergerdorff");
      await fits(page);
      await givePassword(page);
      await fits(page);
      await page.locator("[data-part=file]").setInputFiles({ name: "a.avif", mimeType: "image/avif", buffer: AVIF });
      await expect(page.locator("[data-part=cut]")).toBeVisible();
      await fits(page);
      await page.goto("/register/avatar");
      await skipPicture(page);
      await fits(page);
    });
  });
}

for (const { locale, colorScheme } of [
  { locale: "en-US", colorScheme: "light" },
  { locale: "ru-RU", colorScheme: "light" },
  { locale: "uk-UA", colorScheme: "dark" },
] as const) {
  test.describe(`axe, ${locale}, ${colorScheme}`, () => {
    test.use({ locale, colorScheme, contextOptions: { reducedMotion: "reduce" } });

    test("every step, and what it says when something is wrong", async ({ page, server, complaints }) => {
      test.slow();
      complaints.expect(REFUSED);
      // axe-core tries to read the picture that is being cut.
      complaints.expect(/Connecting to 'blob:|blob:.*(refused|violates|ERR_FILE_NOT_FOUND)/i);
      const [who, other] = [somebody(), await person(server)];
      await open(page, "/register");
      await expectAccessible(page);
      await onward(page).click();
      await expect(errorOf(page, "email")).not.toBeEmpty();
      await expectAccessible(page);
      await giveEmail(page, who.email);
      await nick(page).fill(other.nick);
      await expect(page.locator(".suggestions button").first()).toBeVisible();
      await expectAccessible(page);
      await giveNick(page, who.nick);
      await password(page).fill(PASSWORD);
      await expect(page.locator("#password-strength .words span:visible")).toBeVisible();
      await expectAccessible(page);
      await givePassword(page);
      await expectAccessible(page);
      await page.locator("[data-part=file]").setInputFiles({ name: "a.avif", mimeType: "image/avif", buffer: AVIF });
      await expect(page.locator("[data-part=window]")).toBeFocused();
      await expectAccessible(page);
      await page.goto("/register/avatar");
      await islandsAwake(page);
      await skipPicture(page);
      await expectAccessible(page);
      const right = await codeFor(server, who.email);
      await code(page).fill(right === "000000" ? "000001" : "000000");
      await onward(page).click();
      await expect(page.locator("#code-left")).toContainText("4");
      await expectAccessible(page);
    });
  });
}

test("a picture is kept when one goes back for another answer", async ({ page, server }) => {
  const who = somebody();
  await toThePicture(page, who);
  await page.locator("[data-part=file]").setInputFiles({ name: "a.avif", mimeType: "image/avif", buffer: AVIF });
  await page.getByRole("button", { name: "Use this picture" }).filter({ visible: true }).click();
  await expect(page).toHaveURL(at("confirm"));
  const before = await page.locator(".ticket .face img").getAttribute("src");
  await page.goto("/register/nick");
  await islandsAwake(page);
  await nick(page).fill(somebody("eve").nick);
  await onward(page).click();
  await expect(page).toHaveURL(at("confirm"));
  await islandsAwake(page);
  await expect(page.locator(".ticket .face img")).toHaveAttribute("src", before ?? "");
  await finish(page, server, who);
});
