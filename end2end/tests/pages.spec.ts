// Every page is complete when it leaves the server.
import { expect, islandsAwake, test } from "../fixtures/index.ts";
import { become, PAGES } from "../fixtures/walk.ts";

for (const { path, status, as } of PAGES) {
  test.describe(path, () => {
    test("is complete without scripts", async ({ noScripts: page, server, complaints }) => {
      if (status >= 400) complaints.expect(new RegExp(`${status}`));
      await become(page, server, as);
      const answer = await page.goto(path);
      expect(answer?.status()).toBe(status);
      expect(answer?.headers()["content-type"]).toBe("text/html; charset=utf-8");
      await expect(page.locator("title")).toHaveCount(1);
      await expect(page).toHaveTitle(/Kadr$/);
      await expect(page.locator("h1")).toHaveCount(1);
      await expect(page.getByRole("main")).toBeVisible();
      await expect(page.getByRole("banner")).toBeVisible();
      await expect(page.getByRole("contentinfo")).toBeVisible();
      await expect(page.locator('link[rel="icon"]')).toHaveCount(1);
      // What only scripts can do is not offered.
      for (const part of await page.locator(".needs-scripts").all()) {
        await expect(part).toBeHidden();
      }
    });

    test("leads nowhere that is not there", async ({ noScripts: page, server, complaints }) => {
      if (status >= 400) complaints.expect(new RegExp(`${status}`));
      await become(page, server, as);
      await page.goto(path);
      const hrefs = await page.locator("a[href]").evaluateAll((links: HTMLAnchorElement[]) =>
        links.filter((link) => link.origin === location.origin).map((link) => link.pathname),
      );
      for (const href of new Set(hrefs)) {
        if (href === new URL(page.url()).pathname) continue;
        expect((await page.request.get(href)).status(), href).toBe(200);
      }
      const broken = await page.locator('a[href^="#"]').evaluateAll((links: HTMLAnchorElement[]) =>
        links.filter((link) => link.hash && !document.querySelector(link.hash)).map((link) => link.hash),
      );
      expect(broken).toEqual([]);
    });

    test("fits a window of 320 px", async ({ page, server, complaints }) => {
      if (status >= 400) complaints.expect(new RegExp(`${status}`));
      await become(page, server, as);
      await page.setViewportSize({ width: 320, height: 640 });
      await page.goto(path);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wider).toBeLessThanOrEqual(0);
    });

    test("keeps still while it loads", async ({ page, server, complaints }) => {
      if (status >= 400) complaints.expect(new RegExp(`${status}`));
      await become(page, server, as);
      await page.addInitScript(() => {
        const shifts = { total: 0 };
        Object.assign(window, { shifts });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as unknown as { value: number }[]) shifts.total += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
      });
      await page.goto(path);
      await islandsAwake(page);
      await page.evaluate(() => document.fonts.ready);
      const total = await page.evaluate(() => (window as unknown as { shifts: { total: number } }).shifts.total);
      expect(total).toBeLessThan(0.02);
    });
  });
}

test("pages that search engines should not keep say so", async ({ page, server, complaints }) => {
  await become(page, server, "owner");
  complaints.expect(/404/);
  for (const path of ["/search?q=a", "/admin/ui", "/no/such/page"]) {
    await page.goto(path);
    await expect(page.locator('meta[name="robots"]')).toHaveAttribute("content", "noindex");
  }
  await page.context().clearCookies();
  await page.goto("/");
  await expect(page.locator('meta[name="robots"]')).toHaveCount(0);
  await expect(page.locator('meta[name="description"]')).toHaveAttribute("content", /video home/);
});

test("what browsers ask for by themselves is there", async ({ page, request }) => {
  await page.goto("/");
  for (const selector of ['link[rel="icon"]', 'link[rel="apple-touch-icon"]', 'link[rel="manifest"]', 'link[rel="preload"]', 'link[rel="stylesheet"]']) {
    const href = await page.locator(selector).first().getAttribute("href");
    expect((await request.get(href ?? "")).status(), selector).toBe(200);
  }
  const manifest = await (await request.get("/manifest.webmanifest")).json();
  for (const icon of manifest.icons) {
    expect((await request.get(icon.src)).status(), icon.src).toBe(200);
  }
});

test("pages without islands load no wasm", async ({ page }) => {
  const wasm: string[] = [];
  page.on("request", (asked) => {
    if (asked.url().endsWith(".wasm")) wasm.push(asked.url());
  });
  await page.goto("/");
  await islandsAwake(page);
  await page.goto("/search?q=x");
  await islandsAwake(page);
  expect(wasm).toEqual([]);
});

test("the type is ours, in every alphabet", async ({ browser }) => {
  for (const locale of ["en-US", "ru-RU", "uk-UA"]) {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    await page.goto("/");
    const loaded = await page.evaluate(async () => {
      await document.fonts.ready;
      return document.fonts.check("600 32px 'Inter Variable'", document.querySelector("h1")?.textContent ?? "");
    });
    expect(loaded, locale).toBe(true);
    await context.close();
  }
});
