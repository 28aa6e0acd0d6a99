// Two processes on Postgres and Redis: the server, and a worker beside it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";

import { expect } from "@playwright/test";

import { binary, ourEnvironment, Server } from "../fixtures/server.ts";
import type { Account } from "../tus/client.ts";
import { run } from "./clips.ts";

const OWNER = { user: "owner@mail.example", password: "lantern-orbit-mackerel-9" };

export class Fleet {
  private constructor(
    readonly server: Server,
    private readonly settings: Record<string, string>,
    private readonly redis: ChildProcess,
    private readonly drop: () => Promise<void>,
    private worker: ChildProcess,
  ) {}

  static async start(postgres: string): Promise<Fleet> {
    const name = `kadr_kills_${process.pid}_${Date.now()}`;
    const sql = (text: string) => run("psql", ["-q", "-d", postgres, "-c", text]);
    await sql(`CREATE DATABASE ${name}`);
    const own = new URL(postgres);
    own.pathname = `/${name}`;
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const address = probe.address();
    probe.close();
    const port = address !== null && typeof address !== "string" ? address.port : 0;
    const redis = spawn("redis-server", ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmpdir()], { stdio: "ignore" });
    const settings = {
      DATABASE_URL: own.href,
      REDIS_URL: `redis://127.0.0.1:${port}`,
      KADR_SECRET: "a secret that both of them know, long enough",
      KADR_ADMIN_EMAIL: OWNER.user,
      KADR_ADMIN_PASSWORD: OWNER.password,
      KADR_WORKERS: "1",
    };
    const drop = async () => {
      await sql(`DROP DATABASE ${name} WITH (FORCE)`);
    };
    const server = await Server.start(settings);
    return new Fleet(server, settings, redis, drop, work(server, settings));
  }

  async account(): Promise<Account> {
    const { server } = this;
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${server.url}/api/v1/auth/token`, { method: "POST", headers, body: JSON.stringify(OWNER) });
    expect(answer.status).toBe(200);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return { server, token };
  }

  /** Kills the worker; another one comes. */
  async another(): Promise<void> {
    await ended(this.worker, "SIGKILL");
    this.worker = work(this.server, this.settings);
  }

  async stop(): Promise<void> {
    await ended(this.worker, "SIGTERM");
    await this.server.stop();
    await ended(this.redis, "SIGKILL");
    await this.drop();
  }
}

function work(server: Server, settings: Record<string, string>): ChildProcess {
  const env = { ...ourEnvironment(), ...settings, KADR_DATA: server.data };
  return spawn(binary(), ["worker"], { env, stdio: "ignore" });
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill(signal);
  await exit;
}
