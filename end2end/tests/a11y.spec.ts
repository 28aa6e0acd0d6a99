// axe-core finds nothing, on any page, in either light, at the window of each project.
import { expectAccessible, islandsAwake, test } from "../fixtures/index.ts";

const PAGES = ["/", "/search", "/search?q=light", "/admin/ui", "/no/such/page"];

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: "reduce" } });

    for (const path of PAGES) {
      test(path, async ({ page, complaints }) => {
        if (path.startsWith("/no/")) complaints.expect(/404/);
        await page.goto(path);
        await islandsAwake(page);
        await expectAccessible(page);
      });
    }

    test("the open menu", async ({ page }) => {
      await page.goto("/");
      await page.locator("[popovertarget=own-menu]").click();
      await page.waitForTimeout(400);
      await expectAccessible(page);
    });

    test("the open dialog", async ({ page }) => {
      await page.goto("/admin/ui");
      await page.locator(`[commandfor=dialog-${colorScheme}]`).click();
      await page.waitForTimeout(400);
      await expectAccessible(page);
    });

    test("a refused form", async ({ page }) => {
      await page.goto("/admin/ui");
      await islandsAwake(page);
      await page.locator("#introduce").getByRole("button").click();
      await expectAccessible(page);
    });
  });
}
