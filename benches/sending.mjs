// Files on their way into Kadr, for benches: one request that creates, one that brings the bytes.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";

import { startKadr } from "./support.mjs";

const PASSWORD = "correct horse battery";

/** Kadr with an admin, and the headers of one's requests. */
export async function startKadrWithToken(env = {}) {
  const server = await startKadr({ KADR_ADMIN_EMAIL: "bench@mail.example", KADR_ADMIN_PASSWORD: PASSWORD, ...env });
  const answer = await fetch(`${server.url}/api/v1/auth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: "bench@mail.example", password: PASSWORD }),
  });
  const { access_token: token } = await answer.json();
  return { ...server, headers: { "tus-resumable": "1.0.0", authorization: `Bearer ${token}` } };
}

export async function begin(server, bytes, path = "/uploads") {
  // Each on a connection of its own: the last one may have been closed while curl was at work.
  const asked = request(`${server.url}${path}`, { method: "POST", agent: false, headers: { ...server.headers, "upload-length": String(bytes) } });
  asked.end();
  const [answer] = await once(asked, "response");
  answer.resume();
  if (answer.statusCode !== 201) throw new Error(`an upload did not begin: ${answer.statusCode}`);
  return { path: new URL(answer.headers.location, server.url).pathname, video: answer.headers["kadr-video"] };
}

export function patch({ headers }) {
  const all = { ...headers, "content-type": "application/offset+octet-stream", "upload-offset": "0" };
  return ["-X", "PATCH", ...Object.entries(all).flatMap(([name, value]) => ["-H", `${name}: ${value}`])];
}

/** Sends a file; answers the seconds it took. */
export function curl(source, url, args, status) {
  const format = "%{http_code} %{time_total}";
  const told = execFileSync("curl", ["-sS", "-T", source, "-H", "expect:", "-o", "/dev/null", "-w", format, ...args, url], { encoding: "utf8" });
  const [code, seconds] = told.trim().split(" ");
  if (!new RegExp(`^${status}$`).test(code)) throw new Error(`${url} answered ${code}`);
  return Number(seconds);
}
