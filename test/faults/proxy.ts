import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** The way from one process to Postgres, which can be cut or made to swallow everything. */
export type Way = {
  port: number;
  /** Ends connections on both sides without a word; what was under way is lost. */
  cut(which?: () => boolean): number;
  /** Nothing passes any more, nothing is said: neither side learns of it. */
  stall(): void;
  /**
   * Ends the server's side of sessions that asked for keep-alives, as those do after some seconds of silence, one after
   * the other within `spreadMs`. Others wait for hours.
   */
  giveUpServerSide(spreadMs: number): Promise<void>;
  /** As when the process' machine is gone: the client's side ends, the server's is not told. */
  leaveHalfOpen(): void;
  /** What was held up passes; new connections too. */
  flow(): void;
  close(): Promise<void>;
};

export async function startProxy(socketPath: string): Promise<Way> {
  const pairs = new Set<{ client: Socket; server: Socket; asked: boolean }>();
  const halves = new Set<Socket>();
  let stalled = false;
  const server = createServer((client) => {
    const pair = { client, server: connect(socketPath), asked: false };
    pairs.add(pair);
    client.on("data", (data) => {
      pair.asked ||= data.includes("tcp_keepalives_idle");
    });
    client.setNoDelay(true);
    for (const [from, to] of [
      [client, pair.server],
      [pair.server, client],
    ] as const) {
      from.on("data", (data) => to.write(data));
      from.on("error", () => undefined);
      from.on("close", () => {
        // During a stall the other side is not told.
        if (stalled || halves.has(to)) return;
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
    async giveUpServerSide(spreadMs) {
      const asked = [...pairs].filter((pair) => pair.asked);
      await Promise.all(
        asked.map(async ({ server: side }) => {
          await sleep(spreadMs * Math.random());
          side.destroy();
        }),
      );
    },
    leaveHalfOpen() {
      for (const pair of [...pairs]) {
        pairs.delete(pair);
        pair.client.resetAndDestroy();
        halves.add(pair.server);
      }
      stalled = false;
    },
    flow() {
      stalled = false;
      cutHalves();
      each((socket) => socket.resume());
    },
    async close() {
      cut();
      for (const half of halves) half.destroy();
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
