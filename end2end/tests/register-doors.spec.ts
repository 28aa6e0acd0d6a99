// Houses with other rules: by invitation, closed, and not yet anybody's.
import { expect, expectAccessible, test } from "../fixtures/index.ts";
import { codeFor } from "../fixtures/mail.ts";
import { enter, linkFor, person } from "../fixtures/people.ts";
import { code, email, finish, giveEmail, giveNick, givePassword, onward, open, skipPicture, somebody, toTheCode } from "../fixtures/registration.ts";
import { Server } from "../fixtures/server.ts";

test.use({ settings: { KADR_REGISTRATION: "invite" } });

const title = (text: string, page: Parameters<typeof email>[0]) => expect(page.getByRole("heading", { level: 1 })).toHaveText(text);

test("by invitation: nobody else begins", async ({ page, complaints }) => {
  complaints.expect(/status of 4(03|04|10)/);
  for (const [address, text] of [
    ["/register", "By invitation"],
    [`/register?invite=${"a".repeat(43)}`, "This invitation is over"],
  ] as const) {
    await page.goto(address);
    await title(text, page);
    await expect(email(page)).toHaveCount(0);
    await expectAccessible(page);
  }
});

for (const scripts of [true, false]) {
  test(`an invitation lets in as many as it says, scripts ${scripts ? "on" : "off"}`, async ({ page: scripted, noScripts, browser, server, complaints }) => {
    complaints.expect(/status of 410/);
    const guest = scripts ? scripted : noScripts;
    const [admin, who] = [await person(server, { admin: true }), somebody()];
    const host = await (await browser.newContext({ baseURL: server.url })).newPage();
    await enter(host, admin);
    await host.goto("/settings/invitations");
    await host.getByLabel("E-mail").fill(who.email);
    await host.getByRole("button", { name: "Make the invitation" }).click();
    const line = host.locator("#invitations li").filter({ hasText: who.email });
    await expect(line).toContainText("Used 0 of 1");

    const link = await linkFor(server, who.email, "/register");
    await toTheCode(guest, who, scripts, link);
    // The invitation was the first mail.
    await finish(guest, server, who, 2);
    await host.reload();
    await expect(line).toContainText("Used 1 of 1");
    await host.context().close();

    await guest.context().clearCookies();
    await guest.goto(link);
    await title("This invitation is over", guest);
  });
}

test("an invitation that is taken back lets nobody in, not even who is on the way", async ({ page, browser, server, complaints }) => {
  complaints.expect(/status of 410/);
  const [admin, who] = [await person(server, { admin: true }), somebody()];
  const host = await (await browser.newContext({ baseURL: server.url })).newPage();
  await enter(host, admin);
  await host.goto("/settings/invitations");
  await host.getByLabel("E-mail").fill(who.email);
  await host.getByRole("button", { name: "Make the invitation" }).click();
  const link = (await host.locator(".fresh code").innerText()).replace(server.url, "");

  await open(page, link);
  await giveEmail(page, who.email);
  await host.getByRole("button", { name: `Take back: ${who.email}` }).click();
  await expect(host.locator("#toasts .toast")).toContainText("lets nobody in");
  await host.context().close();

  await giveNick(page, who.nick);
  await givePassword(page);
  await skipPicture(page);
  await code(page).fill(await codeFor(server, who.email, 2));
  await onward(page).click();
  await expect(page.getByRole("alert").filter({ hasText: "used up or too old" })).toBeVisible();
  await page.context().clearCookies();
  await page.goto(link);
  await title("This invitation is over", page);
  await expect(email(page)).toHaveCount(0);
  expect((await page.request.get(`/@${who.nick}`)).status()).toBe(404);
});

test("closed: nobody begins, and the page says so", async ({ page, complaints }) => {
  complaints.expect(/status of 4(03|04|10)/);
  const house = await Server.start({ KADR_REGISTRATION: "closed" });
  try {
    await page.goto(`${house.url}/register`);
    await title("The hall is full", page);
    await expect(email(page)).toHaveCount(0);
    await expectAccessible(page);
  } finally {
    await house.stop();
  }
});

for (const scripts of [true, false]) {
  test(`the first admin comes by the link that is printed at the start, scripts ${scripts ? "on" : "off"}`, async ({ browser, complaints }) => {
    complaints.expect(/status of 410/);
    const house = await Server.start({ KADR_REGISTRATION: "closed" });
    const context = await browser.newContext({ baseURL: house.url, javaScriptEnabled: scripts });
    try {
      const page = await context.newPage();
      const printed = house.logSince(0).match(/Become it here: (\S+)/)?.[1];
      const link = (printed ?? "").replace(house.url, "");
      expect(link).toMatch(/^\/register\?admin=/);
      const who = somebody("chief");
      await open(page, link, scripts);
      await giveEmail(page, who.email, scripts);
      await giveNick(page, who.nick, scripts);
      await givePassword(page, scripts);
      await skipPicture(page, scripts);
      await finish(page, house, who);
      expect((await page.goto("/settings/invitations"))?.status()).toBe(200);
      await expect(page.locator("#new-invitation")).toBeVisible();

      // It was for one.
      await context.clearCookies();
      await page.goto(link);
      await expect(email(page)).toHaveCount(0);
      // And nobody is asked for at the next start.
      const logged = house.logLength();
      await house.restart();
      expect(house.logSince(logged)).not.toContain("Become it here");
    } finally {
      await context.close();
      await house.stop();
    }
  });
}
