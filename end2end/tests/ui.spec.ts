// How the components behave, and the form that shows how every form does.
import { expect, islandsAwake, type Page, test } from "../fixtures/index.ts";
import { become } from "../fixtures/walk.ts";

const form = (page: Page) => page.locator("#introduce");
const name = (page: Page) => form(page).getByLabel("Name");
const email = (page: Page) => form(page).getByLabel("E-mail");
const send = (page: Page) => form(page).getByRole("button", { name: "Send" });
const errorOf = (page: Page, id: string) => page.locator(`#${id}-error`);

test.beforeEach(({ page, server }) => become(page, server, "owner"));

for (const scripts of [true, false]) {
  test.describe(`scripts ${scripts ? "on" : "off"}`, () => {
    test("a dialog asks, holds the focus and closes", async ({ page: scripted, noScripts, server }) => {
      const page = scripts ? scripted : noScripts;
      if (!scripts) await become(page, server, "owner");
      await page.goto("/admin/ui");
      const opener = page.locator("[commandfor=dialog-light]");
      const dialog = page.locator("#dialog-light");
      await opener.click();
      await expect(dialog).toBeVisible();
      await expect(page.getByRole("dialog", { name: "Delete this film?" })).toBeVisible();
      for (let press = 0; press < 5; press += 1) {
        await page.keyboard.press("Tab");
        await expect(page.locator("main :not(dialog, dialog *):focus")).toHaveCount(0);
      }
      await page.keyboard.press("Escape");
      await expect(dialog).toBeHidden();
      await expect(opener).toBeFocused();
      await opener.click();
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await expect(dialog).toBeHidden();
      await opener.click();
      await dialog.getByRole("button", { name: "Close" }).click();
      await expect(dialog).toBeHidden();
    });

    test("a menu opens, and closes by a press beside it", async ({ page: scripted, noScripts, server }) => {
      const page = scripts ? scripted : noScripts;
      if (!scripts) await become(page, server, "owner");
      await page.goto("/admin/ui");
      const menu = page.locator("#menu-light");
      await page.locator("[popovertarget=menu-light]").click();
      await expect(menu).toBeVisible();
      await expect(menu).toBeInViewport({ ratio: 1 });
      await page.getByRole("heading", { name: "Overlays" }).click();
      await expect(menu).toBeHidden();
    });

    test("a tab is an address", async ({ page: scripted, noScripts, server }) => {
      const page = scripts ? scripted : noScripts;
      if (!scripts) await become(page, server, "owner");
      await page.goto("/admin/ui?tab=drafts");
      const tabs = page.getByRole("navigation", { name: "Tabs, Light" });
      await expect(tabs.locator("[aria-current=page]")).toHaveText("Drafts");
      await tabs.getByRole("link", { name: "Public" }).click();
      await expect(page).toHaveURL(/tab=public/);
      await expect(tabs.locator("[aria-current=page]")).toHaveText("Public");
    });
  });
}

test.describe("toasts", () => {
  test("are said, and can be dismissed", async ({ page }) => {
    await page.goto("/admin/ui");
    await page.locator("#feedback").getByRole("button", { name: "Show one" }).first().click();
    const toast = page.locator("#toasts .toast");
    await expect(toast).toHaveText("Your changes are saved.");
    await toast.getByRole("link", { name: "Dismiss" }).click();
    await expect(toast).toHaveCount(0);
  });

  test("never pile up, and go by themselves, but not from under the pointer", async ({ page }) => {
    await page.clock.install();
    await page.goto("/admin/ui");
    // Time stands still from here: on a busy machine five presses take longer than a toast lives.
    await page.clock.pauseAt(Date.now() + 3_600_000);
    const show = page.locator("#feedback").getByRole("button", { name: "Show one" }).first();
    for (let press = 0; press < 5; press += 1) await show.click();
    const toasts = page.locator("#toasts .toast:not([data-leaving])");
    await expect(toasts).toHaveCount(3);
    await toasts.last().hover();
    await page.clock.fastForward(20_000);
    await expect(toasts).toHaveCount(1);
    await page.mouse.move(0, 0);
    await page.clock.fastForward(20_000);
    await expect(toasts).toHaveCount(0);
  });

  test("say what islands and live events have to say, as text", async ({ page }) => {
    await page.goto("/");
    await page.evaluate(() =>
      document.dispatchEvent(new CustomEvent("kadr:toast", { detail: { text: "<img src=x>", tone: "bad" } })),
    );
    await expect(page.locator('#toasts .toast[data-tone="bad"]')).toHaveText("<img src=x>");
    await page.evaluate(() => document.dispatchEvent(new CustomEvent("kadr:toast", { detail: { text: "hm", tone: "unheard of" } })));
    await expect(page.locator('#toasts .toast[data-tone="neutral"]')).toHaveText("hm");
  });
});

test.describe("a value to take along", () => {
  test("is copied by its button", async ({ page, context }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.goto("/admin/ui");
    await page.locator("[data-copy]").first().click();
    await expect(page.locator("#toasts .toast")).toHaveText("Copied");
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("0193e7a2-5f1c-7c1e");
  });
});

test.describe("a form with scripts", () => {
  test.beforeEach(async ({ page }) => {
    await page.goto("/admin/ui");
    await islandsAwake(page);
  });

  test("tells what is wrong after one has left the field, and takes it back at once", async ({ page }) => {
    await email(page).fill("ada@");
    await expect(errorOf(page, "email")).toBeEmpty();
    await email(page).blur();
    await expect(errorOf(page, "email")).toContainText("does not look like an e-mail");
    await expect(email(page)).toHaveAttribute("aria-invalid", "true");
    await expect(email(page)).toHaveAccessibleDescription(/does not look like an e-mail/);
    await email(page).fill("ada@example.org");
    await expect(errorOf(page, "email")).toBeEmpty();
    await expect(email(page)).not.toHaveAttribute("aria-invalid");
  });

  test("an empty one is not sent: the first field that is wrong gets the focus", async ({ page }) => {
    let sent = 0;
    page.on("request", (asked) => {
      if (asked.url().includes("/ui/admin/introduce")) sent += 1;
    });
    await send(page).click();
    await expect(errorOf(page, "name")).toHaveText("Please fill this in.");
    await expect(errorOf(page, "email")).toHaveText("Please fill this in.");
    await expect(name(page)).toBeFocused();
    expect(sent).toBe(0);
  });

  test("a good one is sent without leaving the page", async ({ page }) => {
    await name(page).fill("Ada Lovelace");
    await email(page).fill("ada@example.org");
    const answer = page.waitForResponse((response) => response.url().includes("/ui/admin/introduce"));
    await send(page).click();
    expect((await answer).status()).toBe(200);
    await expect(page.locator("#toasts .toast")).toHaveText("Nice to meet you. Nothing was kept.");
    await expect(page).toHaveURL(/\/admin\/ui$/);
  });

  test("the server checks again, and its answer lands at the field", async ({ page, complaints }) => {
    complaints.expect(/422/);
    await page.route("**/ui/admin/introduce", async (route) => {
      // As if the browser's rules were older than the server's.
      await route.continue({ postData: "name=Ada&email=nobody" });
    });
    await name(page).fill("Ada");
    await email(page).fill("ada@example.org");
    const answer = page.waitForResponse((response) => response.url().includes("/ui/admin/introduce"));
    await send(page).click();
    expect((await answer).status()).toBe(422);
    await expect(errorOf(page, "email")).toContainText("does not look like an e-mail");
    await expect(email(page)).toBeFocused();
    await expect(email(page)).toHaveValue("ada@example.org");
  });

  test("a lost connection loses nothing", async ({ page, context, complaints }) => {
    complaints.expect(/ERR_INTERNET_DISCONNECTED/);
    await name(page).fill("Ada");
    await email(page).fill("ada@example.org");
    await context.setOffline(true);
    await send(page).click();
    await expect(form(page).getByRole("alert")).toContainText("cannot be reached");
    await expect(name(page)).toHaveValue("Ada");
    await context.setOffline(false);
    await send(page).click();
    await expect(page.locator("#toasts .toast")).toHaveText("Nice to meet you. Nothing was kept.");
    await expect(form(page).getByRole("alert")).toHaveCount(0);
  });
});

test.describe("a form without scripts", () => {
  test("comes back filled in, with the error at its field", async ({ noScripts: page, server }) => {
    await become(page, server, "owner");
    await page.goto("/admin/ui");
    await name(page).fill("Ада & «друзья»");
    await email(page).fill("nobody");
    await send(page).click();
    await expect(name(page)).toHaveValue("Ада & «друзья»");
    await expect(email(page)).toHaveValue("nobody");
    await expect(errorOf(page, "email")).toContainText("does not look like an e-mail");
    await expect(errorOf(page, "name")).toBeEmpty();
    await expect(email(page)).toHaveAttribute("aria-invalid", "true");
    await expect(email(page)).toBeInViewport();
  });

  test("a good one goes through, is told once, and leaves no trace in the address", async ({ noScripts: page, server }) => {
    await become(page, server, "owner");
    await page.goto("/admin/ui");
    await send(page).click();
    await expect(errorOf(page, "name")).toHaveText("Please fill this in.");
    await name(page).fill("Ada");
    await email(page).fill("ada@example.org");
    await send(page).click();
    await expect(page.locator("#toasts .toast")).toHaveText("Nice to meet you. Nothing was kept.");
    await expect(page).not.toHaveURL(/__err/);
    await page.reload();
    await expect(page.locator("#toasts .toast")).toHaveCount(0);
  });

  test("a broken answer in the address breaks nothing", async ({ noScripts: page, server }) => {
    await become(page, server, "owner");
    const answer = await page.goto("/admin/ui?__path=%2Fui%2Fadmin%2Fintroduce&__err=%25nonsense");
    expect(answer?.status()).toBe(200);
    await expect(form(page).getByRole("alert")).toContainText("did not understand");
  });
});
