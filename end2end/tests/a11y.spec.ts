// axe-core finds nothing, on any page, in either light, at the window of each project.
import { expect, expectAccessible, islandsAwake, type Page, test } from "../fixtures/index.ts";
import { become, PAGES } from "../fixtures/walk.ts";

/** Nothing moves or fades any more: what is half there has the wrong contrast. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
        .map((one) => one.finished.catch(() => undefined)),
    ),
  );
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: "reduce" } });

    for (const { path, status, as } of PAGES) {
      test(path, async ({ page, server, complaints }) => {
        if (status >= 400) complaints.expect(new RegExp(`${status}`));
        await become(page, server, as);
        await page.goto(path);
        await islandsAwake(page);
        await expectAccessible(page);
      });
    }

    test("the page of an error", async ({ page, complaints }) => {
      complaints.expect(/400/);
      // Made outside of the router, by the same function as the page of a fault of ours.
      expect((await page.goto("/%ff"))?.status()).toBe(400);
      await expect(page.locator(".failure .request")).toBeVisible();
      await islandsAwake(page);
      await expectAccessible(page);
    });

    for (const language of ["ru", "uk"]) {
      test(`the home page in ${language}`, async ({ page, context, baseURL }) => {
        await context.addCookies([{ name: "kadr_lang", value: language, url: baseURL }]);
        await page.goto("/");
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await islandsAwake(page);
        await expectAccessible(page);
      });
    }

    test("the open menu", async ({ page }) => {
      await page.goto("/");
      await page.locator("[popovertarget=own-menu]").click();
      await expect(page.locator("#own-menu")).toBeVisible();
      await settled(page);
      await expectAccessible(page);
    });

    test("the open dialog", async ({ page, server }) => {
      await become(page, server, "owner");
      await page.goto("/admin/ui");
      await page.locator(`[commandfor=dialog-${colorScheme}]`).click();
      await expect(page.locator(`#dialog-${colorScheme}`)).toBeVisible();
      await settled(page);
      await expectAccessible(page);
    });

    test("a refused form", async ({ page, server }) => {
      await become(page, server, "owner");
      await page.goto("/admin/ui");
      await islandsAwake(page);
      await page.locator("#introduce").getByRole("button").click();
      await expect(page.locator("#introduce [aria-invalid=true]").first()).toBeVisible();
      await settled(page);
      await expectAccessible(page);
    });
  });
}
