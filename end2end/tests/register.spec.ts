// Registration, step by step, in every way one can go through it.
import { codeFor, mailsTo } from "../fixtures/mail.ts";
import { expect, expectAccessible, islandsAwake, type Page, test } from "../fixtures/index.ts";
import { Server } from "../fixtures/server.ts";

const PASSWORD = "lantern-orbit-mackerel-9";

let last = 0;

/** Somebody nobody has met before. */
function somebody(stem = "ada"): { nick: string; email: string } {
  last += 1;
  const nick = `${stem}${process.pid % 1000}x${last}${Date.now() % 100_000}`;
  return { nick, email: `${nick}@example.org` };
}

const email = (page: Page) => page.locator("#email");
const nick = (page: Page) => page.locator("#nick");
const password = (page: Page) => page.locator("#password");
const code = (page: Page) => page.locator("#code");
const onward = (page: Page) => page.locator(".onward button").first();
const errorOf = (page: Page, id: string) => page.locator(`#${id}-error`);
const at = (step: string) => new RegExp(`/register/${step}(\\?|$)`);

/** A page of a registration, ready to be used. */
async function open(page: Page, address: string, scripts: boolean): Promise<void> {
  await page.goto(address);
  await ready(page, scripts);
}

async function ready(page: Page, scripts: boolean): Promise<void> {
  if (scripts) await islandsAwake(page);
}

async function giveEmail(page: Page, address: string, scripts = true): Promise<void> {
  await email(page).fill(address);
  await onward(page).click();
  await expect(page).toHaveURL(at("nick"));
  await ready(page, scripts);
}

async function giveNick(page: Page, text: string, scripts = true, name = ""): Promise<void> {
  await nick(page).fill(text);
  if (name) await page.locator("#name").fill(name);
  await onward(page).click();
  await expect(page).toHaveURL(at("password"));
  await ready(page, scripts);
}

async function givePassword(page: Page, scripts = true, text = PASSWORD): Promise<void> {
  await password(page).fill(text);
  await onward(page).click();
  await expect(page).toHaveURL(at("avatar"));
  await ready(page, scripts);
}

async function skipPicture(page: Page, scripts = true): Promise<void> {
  await onward(page).click();
  await expect(page).toHaveURL(at("confirm"));
  await ready(page, scripts);
}

/** Everything up to the code. */
async function toTheCode(page: Page, who: { nick: string; email: string }, scripts = true): Promise<void> {
  await open(page, "/register", scripts);
  await giveEmail(page, who.email, scripts);
  await giveNick(page, who.nick, scripts);
  await givePassword(page, scripts);
  await skipPicture(page, scripts);
}

async function finish(page: Page, server: Server, who: { nick: string; email: string }): Promise<void> {
  await code(page).fill(await codeFor(server, who.email));
  await onward(page).click();
  await expect(page).not.toHaveURL(/\/register/);
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name }) => name)).toContain("kadr_session");
  expect(cookies.map(({ name }) => name)).not.toContain("kadr_registration");
}

test.beforeEach(({ complaints }) => {
  // A refused form is an error to the console.
  complaints.expect(/status of 4(10|22|29)/);
});

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

        test("the whole way", async ({ page: scripted, noScripts, server }) => {
          const page = scripts ? scripted : noScripts;
          const who = somebody();
          await open(page, "/register", scripts);
          await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
          await expect(onward(page)).toHaveText(next);
          await expect(page.locator("html")).toHaveAttribute("lang", locale.slice(0, 2));
          await onward(page).click();
          await expect(errorOf(page, "email")).not.toBeEmpty();
          if (locale === "en-US") await expect(errorOf(page, "email")).toHaveText(required);
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

    test("a refused answer comes back filled in, with the error at its field", async ({ page: scripted, noScripts }) => {
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

    test("a wrong code is counted, and after five of them another one is needed", async ({ page: scripted, noScripts, server }) => {
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
      await code(page).fill(wrong);
      await onward(page).click();
      await expect(page.getByRole("alert").filter({ hasText: "no longer good" })).toBeVisible();
      await code(page).fill(right);
      await onward(page).click();
      await expect(page.getByRole("alert").filter({ hasText: "no longer good" })).toBeVisible();
      await expect(page).toHaveURL(at("confirm"));
    });

    test("a nick that is taken comes with others that are free", async ({ page: scripted, noScripts, server, browser }) => {
      const page = scripts ? scripted : noScripts;
      const who = somebody();
      const before = await (await browser.newContext({ baseURL: server.url })).newPage();
      await toTheCode(before, who);
      await finish(before, server, who);
      await before.context().close();

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
  });
}

test("the whole way by keyboard alone", async ({ page, server }) => {
  const who = somebody();
  await open(page, "/register", true);
  await expect(email(page)).toBeFocused();
  await page.keyboard.type(who.email);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(at("nick"));
  await islandsAwake(page);
  await expect(nick(page)).toBeFocused();
  await page.keyboard.type(who.nick);
  await page.keyboard.press("Tab");
  await page.keyboard.type("Ada");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(at("password"));
  await islandsAwake(page);
  await expect(password(page)).toBeFocused();
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(at("avatar"));
  await islandsAwake(page);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(at("confirm"));
  await islandsAwake(page);
  await expect(code(page)).toBeFocused();
  await page.keyboard.type(await codeFor(server, who.email));
  await page.keyboard.press("Enter");
  await expect(page).not.toHaveURL(/\/register/);
});

test.describe("while typing", () => {
  test("free and taken are told, for both fields", async ({ page, server, browser }) => {
    const who = somebody();
    const before = await (await browser.newContext({ baseURL: server.url })).newPage();
    await toTheCode(before, who);
    await finish(before, server, who);
    await before.context().close();

    await open(page, "/register", true);
    await email(page).pressSequentially(who.email.toUpperCase());
    await expect(errorOf(page, "email")).toHaveText("This is taken already.");
    await expect(page.getByRole("link", { name: "Is it yours? Log in" })).toBeVisible();
    await email(page).press("Tab");
    await expect(errorOf(page, "email")).toHaveText("This is taken already.");
    const other = somebody();
    await email(page).fill(other.email);
    await expect(page.locator("#email-live .free")).toBeVisible();
    await expect(errorOf(page, "email")).toBeEmpty();
    await expect(page.getByRole("link", { name: "Is it yours? Log in" })).toBeHidden();
    await giveEmail(page, other.email);

    await nick(page).pressSequentially(who.nick);
    await expect(errorOf(page, "nick")).toHaveText("This is taken already.");
    await page.locator(".suggestions button").first().click();
    await expect(page.locator("#nick-live .free")).toBeVisible();
    await expect(page.locator(".suggestions")).toBeHidden();
  });

  test("the latest answer wins, however late the others come", async ({ page }) => {
    await open(page, "/register", true);
    await giveEmail(page, somebody().email);
    const held: (() => void)[] = [];
    await page.route("**/ui/accounts/register_check", async (route) => {
      if (route.request().postData()?.includes("text=slow")) {
        await new Promise<void>((go) => held.push(go));
        await route.fulfill({ json: { taken: ["slow2"] } }).catch(() => {});
      } else {
        await route.continue();
      }
    });
    await nick(page).fill("slowpoke");
    await expect.poll(() => held.length).toBe(1);
    await expect(page.locator("#nick-live .asking")).toBeVisible();
    await nick(page).fill(somebody("quick").nick);
    await expect(page.locator("#nick-live .free")).toBeVisible();
    held[0]?.();
    await page.waitForTimeout(300);
    await expect(page.locator("#nick-live .free")).toBeVisible();
    await expect(errorOf(page, "nick")).toBeEmpty();
  });

  test("a question is asked when the fingers rest, not at every key", async ({ page }) => {
    await open(page, "/register", true);
    let asked = 0;
    page.on("request", (request) => {
      if (request.url().includes("register_check")) asked += 1;
    });
    await email(page).pressSequentially(somebody().email, { delay: 20 });
    await expect(page.locator("#email-live .free")).toBeVisible();
    expect(asked).toBeLessThanOrEqual(2);
  });

  test("offline it is never free, and asked again when the network is back", async ({ page, context, complaints }) => {
    complaints.expect(/ERR_INTERNET_DISCONNECTED/);
    await open(page, "/register", true);
    const who = somebody();
    await context.setOffline(true);
    await email(page).fill(who.email);
    await expect(page.locator("#email-live .unknown")).toBeVisible();
    await expect(page.locator("#email-live .free")).toBeHidden();
    await onward(page).click();
    await expect(page.getByRole("alert")).toContainText("cannot be reached");
    await expect(email(page)).toHaveValue(who.email);
    await context.setOffline(false);
    await expect(page.locator("#email-live .free")).toBeVisible();
    await giveEmail(page, who.email);
  });

  test("a password is judged by the server, and can be looked at", async ({ page }) => {
    const who = somebody();
    await open(page, "/register", true);
    await giveEmail(page, who.email);
    await giveNick(page, who.nick);
    const words = page.locator("#password-strength .words span:visible");
    await password(page).fill("1234567890");
    await expect(words).toHaveText("Guessed at once");
    await password(page).fill(PASSWORD);
    await expect(words).toHaveText(/Good|Excellent/);
    await password(page).fill(`${who.nick}-lantern`);
    await password(page).blur();
    await expect(errorOf(page, "password")).toContainText("must not contain your nick");
    await page.getByRole("button", { name: "Show the password" }).click();
    await expect(password(page)).toHaveAttribute("type", "text");
    await page.getByRole("button", { name: "Show the password" }).click();
    await expect(password(page)).toHaveAttribute("type", "password");
  });
});

test("a code can be pasted as the mail shows it, and sent again after a while", async ({ page, server }) => {
  const who = somebody();
  await toTheCode(page, who);
  await expect(page.locator("#resend-count")).toContainText(/in 0:[0-3]\d/);
  await expect(page.locator("#resend button")).toBeDisabled();
  const sent = await codeFor(server, who.email);
  expect(await mailsTo(server, who.email)).toHaveLength(1);
  await code(page).fill(` ${sent.slice(0, 3)} ${sent.slice(3)} `);
  await onward(page).click();
  await expect(page).not.toHaveURL(/\/register/);
});

test("another code makes the one before void", async ({ page, server }) => {
  test.setTimeout(60_000);
  const who = somebody();
  await toTheCode(page, who);
  const first = await codeFor(server, who.email);
  await expect(page.locator("#resend button")).toBeEnabled({ timeout: 40_000 });
  await page.locator("#resend button").click();
  await expect(page.getByText("Another code is on its way")).toBeVisible();
  await islandsAwake(page);
  const second = await codeFor(server, who.email, 2);
  await code(page).fill(first === second ? "000000" : first);
  await onward(page).click();
  await expect(errorOf(page, "code")).not.toBeEmpty();
  await code(page).fill(second);
  await onward(page).click();
  await expect(page).not.toHaveURL(/\/register/);
});

test("the server dies between the steps, and nobody notices", async ({ page, server }) => {
  const who = somebody();
  await open(page, "/register", true);
  await giveEmail(page, who.email);
  await server.restart();
  await giveNick(page, who.nick);
  await server.restart();
  await givePassword(page);
  await skipPicture(page);
  const sent = await codeFor(server, who.email);
  await server.restart();
  await page.reload();
  await islandsAwake(page);
  await code(page).fill(sent);
  await onward(page).click();
  await expect(page).not.toHaveURL(/\/register/);
});

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
  await expect(page).not.toHaveURL(/\/register/);
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

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`axe, ${colorScheme}`, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: "reduce" } });

    test("every step", async ({ page }) => {
      const who = somebody();
      await open(page, "/register", true);
      await expectAccessible(page);
      await onward(page).click();
      await expectAccessible(page);
      await giveEmail(page, who.email);
      await nick(page).fill("a".repeat(31));
      await nick(page).blur();
      await expectAccessible(page);
      await giveNick(page, who.nick);
      await password(page).fill(PASSWORD);
      await expect(page.locator("#password-strength .words span:visible")).toBeVisible();
      await expectAccessible(page);
      await givePassword(page);
      await expectAccessible(page);
      await skipPicture(page);
      await expectAccessible(page);
    });
  });
}

// A house with other rules is a server of its own.
for (const [mode, address, title] of [
  ["closed", "/register", "The hall is full"],
  ["invite", "/register", "By invitation"],
  ["invite", `/register?invite=${"a".repeat(43)}`, "This invitation is over"],
] as const) {
  test(`${mode}: ${title}`, async ({ page }) => {
    const house = await Server.start({ KADR_REGISTRATION: mode });
    try {
      await page.goto(`${house.url}${address}`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(title);
      await expect(email(page)).toHaveCount(0);
      await expectAccessible(page);
    } finally {
      await house.stop();
    }
  });
}
