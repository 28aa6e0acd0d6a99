// A way to the server on which nothing comes through for a while, once, as from a phone that
// sleeps: the connection stays, and what the server says arrives.
import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

export class Sleeper {
  slept = false;
  readonly url: string;
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(listener: Server) {
    this.#listener = listener;
    this.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  /** Falls asleep for `ms` when so many bytes came through on one connection. */
  static async start(to: string, bytes: number, ms: number): Promise<Sleeper> {
    const { hostname, port } = new URL(to);
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const sleeper = new Sleeper(listener);
    listener.on("connection", (here) => {
      const there = connect(Number(port), hostname);
      for (const [socket, other] of [[here, there], [there, here]] as const) {
        sleeper.#sockets.add(socket);
        socket.on("error", () => other.destroy());
        socket.on("close", () => sleeper.#sockets.delete(socket));
      }
      there.pipe(here);
      let through = 0;
      here.on("end", () => there.end());
      here.on("data", (piece: Buffer) => {
        through += piece.length;
        const isTaken = there.write(piece);
        if (through >= bytes && !sleeper.slept) {
          sleeper.slept = true;
          here.pause();
          setTimeout(() => here.resume(), ms).unref();
        } else if (!isTaken) {
          here.pause();
          there.once("drain", () => here.resume());
        }
      });
    });
    return sleeper;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, "close");
  }
}
