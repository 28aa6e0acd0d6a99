// Programs: a log-in by password, and refresh tokens that are good for one use.
import { type APIRequestContext, expect, request } from "@playwright/test";

import { test } from "../fixtures/index.ts";
import { person, type Person } from "../fixtures/people.ts";
import type { Server } from "../fixtures/server.ts";

interface Tokens {
  access_token: string;
  refresh_token: string;
  token_type: string;
  expires_in: number;
}

/** A program, which has no cookies and is no browser. */
async function program(server: Server): Promise<APIRequestContext> {
  return request.newContext({ baseURL: server.url, storageState: { cookies: [], origins: [] } });
}

async function logIn(api: APIRequestContext, who: Person): Promise<Tokens> {
  const answer = await api.post("/api/v1/auth/token", { data: { user: who.nick, password: who.password } });
  expect(answer.status(), await answer.text()).toBe(200);
  expect(answer.headers()["cache-control"]).toContain("no-store");
  expect(answer.headers()["set-cookie"]).toBeUndefined();
  const tokens = (await answer.json()) as Tokens;
  expect(tokens.token_type).toBe("bearer");
  expect(tokens.expires_in).toBeGreaterThan(0);
  return tokens;
}

const trade = (api: APIRequestContext, refresh_token: string) => api.post("/api/v1/auth/refresh", { data: { refresh_token } });
const status = async (api: APIRequestContext, token: string) =>
  (await api.get("/api/v1/me", { headers: { authorization: `Bearer ${token}` } })).status();

test("tokens are traded, each once; a spent one ends all that came from its log-in", async ({ server }) => {
  const who = await person(server);
  const api = await program(server);
  const first = await logIn(api, who);
  const other = await logIn(api, who);
  expect(await status(api, first.access_token)).toBe(200);

  const answer = await trade(api, first.refresh_token);
  expect(answer.status()).toBe(200);
  const second = (await answer.json()) as Tokens;
  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect(second.access_token).not.toBe(first.access_token);
  expect(await status(api, second.access_token)).toBe(200);
  const third = (await (await trade(api, second.refresh_token)).json()) as Tokens;

  // Somebody has kept the first one.
  const reused = await trade(api, first.refresh_token);
  expect(reused.status()).toBe(401);
  expect(reused.headers()["content-type"]).toContain("application/problem+json");
  expect((await trade(api, third.refresh_token)).status()).toBe(401);
  expect((await trade(api, second.refresh_token)).status()).toBe(401);
  // The other log-in is another family.
  expect((await trade(api, other.refresh_token)).status()).toBe(200);
  await api.dispose();
});

test("two who trade one token at once: never two families", async ({ server }) => {
  const who = await person(server);
  const api = await program(server);
  const { refresh_token } = await logIn(api, who);
  const answers = await Promise.all(Array.from({ length: 8 }, () => trade(api, refresh_token)));
  const good = answers.filter((answer) => answer.status() === 200);
  expect(good.length).toBeLessThanOrEqual(1);
  for (const answer of answers) expect([200, 401]).toContain(answer.status());
  // A second use was among them: what the first one got is over too.
  for (const answer of good) {
    const { refresh_token: next } = (await answer.json()) as Tokens;
    expect((await trade(api, next)).status()).toBe(401);
  }
  await api.dispose();
});

test("the aliases, the form of OAuth 2, and the bare header", async ({ server }) => {
  const who = await person(server);
  const api = await program(server);
  const asForm = await api.post("/auth/token", { form: { grant_type: "password", username: who.email, password: who.password } });
  expect(asForm.status(), await asForm.text()).toBe(200);
  const { access_token, refresh_token } = (await asForm.json()) as Tokens;
  const payload = JSON.parse(Buffer.from(access_token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
  expect(Object.keys(payload)).toEqual(expect.arrayContaining(["sub", "iat", "exp", "jti", "role"]));
  expect(payload.role).toBe("user");
  const again = await api.post("/auth/refresh", { form: { grant_type: "refresh_token", refresh_token } });
  expect(again.status()).toBe(200);
  // The bare header is for the calls of media processing only.
  expect((await api.get("/api/v1/me", { headers: { auth: access_token } })).status()).toBe(401);
  await api.dispose();
});

test("wrong answers are told apart by nobody, and say what is missing", async ({ server }) => {
  const who = await person(server);
  const api = await program(server);
  const wrong = await api.post("/api/v1/auth/token", { data: { user: who.nick, password: "not the password" } });
  const nobody = await api.post("/api/v1/auth/token", { data: { user: `no.${who.nick.slice(0, 20)}`, password: "not the password" } });
  expect([wrong.status(), nobody.status()]).toEqual([401, 401]);
  const said = async (answer: typeof wrong) => {
    const { request_id: _, instance: __, ...rest } = (await answer.json()) as Record<string, unknown>;
    return rest;
  };
  expect(await said(wrong)).toEqual(await said(nobody));
  expect((await api.post("/api/v1/auth/token", { data: { user: who.nick } })).status()).toBe(400);
  expect((await api.post("/api/v1/auth/refresh", { data: {} })).status()).toBe(400);
  expect((await trade(api, "nonsense")).status()).toBe(401);
  await api.dispose();
});

test("a new password ends what programs have", async ({ page, server }) => {
  const who = await person(server);
  const api = await program(server);
  const { refresh_token } = await logIn(api, who);
  await page.goto("/login");
  await page.getByLabel("E-mail or nick").fill(who.nick);
  await page.getByLabel("Password", { exact: true }).fill(who.password);
  await page.locator("#login-form").getByRole("button", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/$/);
  await page.goto("/settings/account");
  const form = page.locator("#password-setting");
  await form.getByLabel("Current password").fill(who.password);
  await form.getByLabel("New password").fill("lamp velvet harbour 41 onion");
  await form.getByRole("button", { name: "Change the password" }).click();
  await expect(page.locator("#toasts .toast")).toContainText("The password is changed.");
  expect((await trade(api, refresh_token)).status()).toBe(401);
  await api.dispose();
});
