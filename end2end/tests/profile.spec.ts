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

test("a Cyrillic nick has its page", async ({ page, noScripts, server, complaints }) => {
  complaints.expect(/status of 404/);
  const nick = `глядач_${Date.now() % 1_000_000}`;
  const who = await person(server, { nick, name: "Марко Вовчок" });
  for (const address of [`/@${encodeURIComponent(nick)}`, `/@${nick}`, `/@${encodeURIComponent(nick.toUpperCase())}`]) {
    const answer = await noScripts.goto(address);
    expect(answer?.status(), address).toBe(200);
    await expect(noScripts).toHaveURL(`${server.url}/@${encodeURIComponent(nick)}`);
    await expect(noScripts.getByRole("heading", { level: 1 })).toHaveText("Марко Вовчок");
    await expect(noScripts.locator(".profile .facts")).toContainText(`@${nick}`);
  }
  // The way there from one's own menu, and a log-in by it.
  await enter(page, who);
  await page.goto("/");
  await page.getByRole("button", { name: "Your menu" }).click();
  await page.locator("#own-menu").getByRole("link", { name: "Your page" }).click();
  await expect(page).toHaveURL(`${server.url}/@${encodeURIComponent(nick)}`);
  await islandsAwake(page);
  expect((await page.goto(`/@${encodeURIComponent("глядач_нема")}`))?.status()).toBe(404);
});

for (const { locale, colorScheme } of [
  { locale: "en-US", colorScheme: "light" },
  { locale: "ru-RU", colorScheme: "dark" },
  { locale: "uk-UA", colorScheme: "light" },
] as const) {
  test.describe(`${locale}, ${colorScheme}`, () => {
    test.use({ locale, colorScheme, contextOptions: { reducedMotion: "reduce" } });
    test("axe: as a guest, as somebody else, as oneself", async ({ page, server }) => {
      const language = locale.slice(0, 2);
      const [who, other] = [await person(server, { language }), await person(server, { language })];
      for (const viewer of [null, other, who]) {
        if (viewer) await enter(page, viewer);
        await page.goto(`/@${who.nick}`);
        await islandsAwake(page);
        await expect(page.locator("html")).toHaveAttribute("lang", language);
        await expectAccessible(page);
      }
    });
  });
}
