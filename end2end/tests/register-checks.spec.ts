// What registration asks the server while one types: free, taken, or nobody knows.
import { expect, test } from "../fixtures/index.ts";
import { person } from "../fixtures/people.ts";
import { arrived, email, errorOf, giveEmail, giveNick, givePassword, nick, onward, open, password, PASSWORD, somebody } from "../fixtures/registration.ts";

test("free and taken are told, for both fields", async ({ page, server }) => {
  const who = await person(server, { nick: somebody().nick });
  await open(page, "/register");
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

test("what only looks like a nick of somebody is taken too", async ({ page, server }) => {
  const who = await person(server, { nick: `oleg${Date.now() % 1_000_000}` });
  await open(page, "/register");
  await giveEmail(page, somebody().email);
  // A zero for the letter o.
  await nick(page).fill(who.nick.replace(/^o/, "0"));
  await expect(errorOf(page, "nick")).toHaveText("This is taken already.");
});

test("the latest answer wins, however late the others come", async ({ page }) => {
  await open(page, "/register");
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
  await open(page, "/register");
  let asked = 0;
  page.on("request", (request) => {
    if (request.url().includes("register_check")) asked += 1;
  });
  await email(page).pressSequentially(somebody().email, { delay: 20 });
  await expect(page.locator("#email-live .free")).toBeVisible();
  expect(asked).toBeLessThanOrEqual(2);
});

test("offline nothing is ever free, at no field, and all is asked again when the network is back", async ({ page, context, complaints }) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED/);
  const who = somebody();
  await open(page, "/register");

  /** Typed without a network, kept, and asked about when there is one. */
  const types = async (id: "email" | "nick", text: string) => {
    const field = page.locator(`#${id}`);
    const live = page.locator(`#${id}-live`);
    await context.setOffline(true);
    await field.fill(text);
    await expect(live.locator(".unknown")).toBeVisible();
    await expect(live.locator(".free")).toBeHidden();
    await onward(page).click();
    await expect(page.getByRole("alert")).toContainText("cannot be reached");
    await expect(field).toHaveValue(text);
    await context.setOffline(false);
    await expect(live.locator(".free")).toBeVisible();
    await onward(page).click();
  };
  await types("email", who.email);
  await arrived(page, "nick");
  await types("nick", who.nick);
  await arrived(page, "password");

  await context.setOffline(true);
  await password(page).fill(PASSWORD);
  await expect(page.locator("#password-live .unknown")).toBeVisible();
  await onward(page).click();
  await expect(page.getByRole("alert")).toContainText("cannot be reached");
  await expect(password(page)).toHaveValue(PASSWORD);
  await context.setOffline(false);
  await expect(page.locator("#password-strength .words span:visible")).toHaveText(/Good|Excellent/);
  await givePassword(page);
});

test("a network that fails in the middle of the typing takes a free back", async ({ page, context, complaints }) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED/);
  await open(page, "/register");
  await email(page).fill(somebody().email);
  await expect(page.locator("#email-live .free")).toBeVisible();
  await context.setOffline(true);
  await email(page).fill(somebody("eve").email);
  await expect(page.locator("#email-live .unknown")).toBeVisible();
  await expect(page.locator("#email-live .free")).toBeHidden();
});

test("a password is judged by the server, and can be looked at", async ({ page }) => {
  const who = somebody();
  await open(page, "/register");
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
