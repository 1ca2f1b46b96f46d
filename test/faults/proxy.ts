import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** The way from one process to Postgres, which can be cut or made to swallow everything. */
export type Way = {
  port: number;
  /** Ends connections on both sides without a word; what was under way is lost. */
  cut(which?: () => boolean): number;
  /** Nothing passes any more, nothing is said: neither side learns of it. */
  stall(): void;
  /** Ends the server's side only, as its keep-alive does after some seconds of silence. */
  cutServerSide(): void;
  /** What was held up passes; new connections too. */
  flow(): void;
  close(): Promise<void>;
};

export async function startProxy(socketPath: string): Promise<Way> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let stalled = false;
  const server = createServer((client) => {
    const pair = { client, server: connect(socketPath) };
    pairs.add(pair);
    client.setNoDelay(true);
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on("data", (data) => to.write(data));
      from.on("error", () => undefined);
      from.on("close", () => {
        // During a stall the other side is not told.
        if (stalled) return;
        to.destroy();
        pairs.delete(pair);
      });
      if (stalled) from.pause();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const each = (act: (socket: Socket) => void) => {
    for (const { client, server: other } of pairs) {
      act(client);
      act(other);
    }
  };
  const cut = (which: () => boolean = () => true) => {
    const chosen = [...pairs].filter(which);
    for (const pair of chosen) {
      pair.client.resetAndDestroy();
      pair.server.destroy();
      pairs.delete(pair);
    }
    return chosen.length;
  };
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cut,
    stall() {
      stalled = true;
      each((socket) => socket.pause());
    },
    cutServerSide() {
      for (const { server: side } of pairs) side.destroy();
    },
    flow() {
      stalled = false;
      cutHalves();
      each((socket) => socket.resume());
    },
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };

  /** Pairs of which one side ended during the stall. */
  function cutHalves(): void {
    for (const pair of [...pairs]) {
      if (!pair.client.destroyed && !pair.server.destroyed) continue;
      pair.client.destroy();
      pair.server.destroy();
      pairs.delete(pair);
    }
  }
}
