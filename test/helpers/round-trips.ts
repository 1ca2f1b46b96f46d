import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";

/** One wait for the server: what was sent before anything was awaited. */
export type RoundTrip = {
  /** User name of the login. */
  login: string;
  /** The statements that travelled together, shortened. */
  statements: string[];
};

export type RoundTripCounter = AsyncDisposable & {
  /** The same URL, through the counter. */
  through(url: string): string;
  trips: RoundTrip[];
  close(): Promise<void>;
};

/**
 * Counts round trips to Postgres on the wire. A trip begins when a client sends a query while no answer is outstanding;
 * what it sends before the last answer is there belongs to the same trip. It must run in the client's own process, so
 * that whatever was sent in one go arrives in one go.
 * @param url leads to the server; connections of any login and database may go through
 */
export async function countRoundTrips(url: string): Promise<RoundTripCounter> {
  const target = new URL(url);
  const host = target.searchParams.get("host") ?? target.hostname;
  const port = Number(target.port || 5432);
  const trips: RoundTrip[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = host.startsWith("/")
      ? net.connect(join(host, `.s.PGSQL.${port}`))
      : net.connect(port, host);
    // A proxy that itself waits would make two trips of one.
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    const watch = watchConnection(trips);
    client.on("data", (chunk) => {
      watch.sent(chunk);
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      watch.answered(chunk);
      client.write(chunk);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the counter has no port");
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  };
  return {
    trips,
    through(original) {
      const changed = new URL(original);
      changed.searchParams.delete("host");
      changed.hostname = "127.0.0.1";
      changed.port = String(address.port);
      changed.searchParams.set("sslmode", "disable");
      return changed.href;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Reads both directions of one connection; https://www.postgresql.org/docs/current/protocol-message-formats.html */
function watchConnection(trips: RoundTrip[]) {
  let login = "";
  let outstanding = 0;
  let trip: RoundTrip | undefined;
  const prepared = new Map<string, string>();
  let unsynced: string[] = [];

  const fromClient = frames(true, (type, body) => {
    if (type === "startup") {
      const words = body.toString("utf8", 4).split("\0");
      login = words[words.indexOf("user") + 1] ?? "";
      return;
    }
    const words = body.toString("utf8").split("\0");
    if (type === "P") {
      prepared.set(words[0] ?? "", words[1] ?? "");
    } else if (type === "B") {
      unsynced.push(prepared.get(words[1] ?? "") ?? "");
    } else if (type === "Q" || type === "S") {
      const statements = type === "Q" ? [words[0] ?? ""] : unsynced;
      if (type === "S") unsynced = [];
      if (outstanding === 0) {
        trip = { login, statements: [] };
        trips.push(trip);
      }
      outstanding += 1;
      trip?.statements.push(...statements.map((text) => text.replaceAll(/\s+/g, " ").trim().slice(0, 100)));
    }
  });
  const fromServer = frames(false, (type) => {
    // ReadyForQuery answers each Query and Sync; the first one answers the start-up.
    if (type === "Z" && outstanding > 0) outstanding -= 1;
  });
  return { sent: fromClient, answered: fromServer };
}

/** Cuts a stream into messages: a letter, four bytes of length, the rest. Only the first of a client has no letter. */
function frames(client: boolean, take: (type: string, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let started = !client;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const head = started ? 1 : 0;
      if (rest.length < head + 4) return;
      const length = rest.readInt32BE(head);
      if (rest.length < head + length) return;
      take(started ? rest.toString("latin1", 0, 1) : "startup", rest.subarray(head + 4, head + length));
      rest = rest.subarray(head + length);
      started = true;
    }
  };
}
