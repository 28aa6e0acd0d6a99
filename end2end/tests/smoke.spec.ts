// The least that must be true before any other spec makes sense.
import { expect, islandsAwake, test } from "../fixtures/index.ts";

test("the home page answers, with scripts and without", async ({ page, noScripts }) => {
  const answer = await page.goto("/");
  expect(answer?.status()).toBe(200);
  await expect(page).toHaveTitle(/Kadr/);
  await islandsAwake(page);

  const plain = await noScripts.goto("/");
  expect(plain?.status()).toBe(200);
  await expect(noScripts.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(noScripts.locator("html")).not.toHaveAttribute("data-islands");
});

test("the built site is served compressed and for ever", async ({ page, request }) => {
  await page.goto("/");
  const script = await page.locator('script[type="module"][src*="/pkg/boot."]').getAttribute("src");
  expect(script).toMatch(/\/pkg\/boot\.[0-9a-f]{8}\.js$/);
  const answer = await request.get(script ?? "", { headers: { "Accept-Encoding": "br" } });
  expect(answer.status()).toBe(200);
  expect(answer.headers()["content-encoding"]).toBe("br");
  expect(answer.headers()["cache-control"]).toContain("immutable");
});
