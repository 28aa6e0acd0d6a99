// The page everybody sees of somebody.
import { expect, expectAccessible, islandsAwake, test } from "../fixtures/index.ts";
import { enter, person } from "../fixtures/people.ts";

test("is complete without scripts: face, name, nick, since when", async ({ noScripts: page, server }) => {
  const who = await person(server, { name: "Леся Українка" });
  const answer = await page.goto(`/@${who.nick}`);
  expect(answer?.status()).toBe(200);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Леся Українка");
  await expect(page.locator(".profile .facts")).toContainText(`@${who.nick}`);
  await expect(page.locator(".profile .facts")).toContainText(/Here since \d+\s\w+ 20\d\d/);
  await expect(page).toHaveTitle(`Леся Українка (@${who.nick}) · Kadr`);
  const face = page.locator(".profile .face");
  await expect(face).toHaveJSProperty("complete", true);
  const picture = await page.request.get((await face.getAttribute("src")) ?? "");
  expect(picture.headers()["content-type"]).toContain("image/svg+xml");
  expect(await picture.text()).toContain("ЛУ");
  await expect(page.getByRole("link", { name: "Edit your profile" })).toHaveCount(0);
  expect(await page.content()).not.toContain(who.email);
});

test("says the date in the language of who reads", async ({ page, server }) => {
  const who = await person(server);
  await page.context().addCookies([{ name: "kadr_lang", value: "ru", url: server.url }]);
  await page.goto(`/@${who.nick}`);
  await expect(page.locator(".profile .facts")).toContainText(/Здесь с \d+\s(января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря) 20\d\d/);
});

test("other capitals lead to the one address", async ({ page, server }) => {
  const who = await person(server);
  await page.goto(`/@${who.nick.toUpperCase()}`);
  await expect(page).toHaveURL(`${server.url}/@${who.nick}`);
});

test("its owner finds the way to change it", async ({ page, server }) => {
  const who = await person(server);
  await enter(page, who);
  await page.goto(`/@${who.nick}`);
  await page.getByRole("link", { name: "Edit your profile" }).click();
  await expect(page).toHaveURL(/\/settings\/profile$/);
});

test("nobody's page is a page that says so", async ({ page, complaints }) => {
  complaints.expect(/404/);
  for (const path of ["/@nobody.at.all", "/@", "/@a", "/@%00", `/@${"x".repeat(200)}`, "/@%D0%BD%D0%B5%D1%82"]) {
    const answer = await page.request.get(path, { headers: { accept: "text/html" } });
    expect([400, 404], path).toContain(answer.status());
    expect((await answer.text()).match(/<h1/g), path).toHaveLength(1);
  }
  await page.goto("/@nobody.at.all");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This scene was cut");
});

test("a Cyrillic nick has its page", async ({ page, server }) => {
  const who = await person(server);
  // Nobody of that nick, but the address is understood: no error of ours.
  const answer = await page.request.get(`/@${encodeURIComponent("глядач")}`);
  expect(answer.status()).toBe(404);
  expect((await page.request.get(`/@${who.nick}/`)).status()).not.toBe(500);
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme, contextOptions: { reducedMotion: "reduce" } });
    test("axe", async ({ page, server }) => {
      const who = await person(server);
      await enter(page, who);
      await page.goto(`/@${who.nick}`);
      await islandsAwake(page);
      await expectAccessible(page);
    });
  });
}
