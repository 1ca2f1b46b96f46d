import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type Context, handleProtocols, makeServer } from "graphql-ws";
import { type ExecutionArgs, GraphQLError, parse } from "postgraphile/graphql";
import { type WebSocket, WebSocketServer } from "ws";
import type { RowlockError } from "../../sdk/index.ts";
import type { Authenticate } from "../../tenancy/index.ts";
import { toCallerError } from "../errors.ts";
import type { Hub, Seat } from "./hub.ts";
import { lastResult } from "./last-result.ts";
import { hangUpWithin, notRead, Outlet } from "./outlet.ts";
import type { Watch, WatchReader } from "./watch.ts";

export type SocketOptions = { path: string; hub: Hub; read: WatchReader; authenticate: Authenticate };

export type Sockets = {
  /** Serves WebSockets at the path; other upgrades are left to others. */
  attach(server: Server): void;
  stop(): Promise<void>;
};

/** Longer messages are not read: a subscription is a text and some variables. */
const longestMessage = 131_072;
const mostSubscriptions = 100;
const pingMs = 12_000;

type Extra = { socket: WebSocket; request: IncomingMessage; outlet: Outlet; seat?: Seat };
type Connected = Context<Record<string, unknown>, Extra>;

/** Only that it is a subscription counts: what is watched stands in the context. */
const anySubscription = parse("subscription { watched }");

/** Subscriptions over WebSocket, by the protocol of graphql-ws. */
export function serveSockets({ path, hub, read, authenticate }: SocketOptions): Sockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: longestMessage, handleProtocols });
  const protocol = makeServer<Record<string, unknown>, Extra>({
    async onConnect(context) {
      const { socket, request } = context.extra;
      try {
        const given = context.connectionParams?.authorization ?? context.connectionParams?.Authorization;
        const header = typeof given === "string" ? given : request.headers.authorization;
        const { expiresAt, ...member } = await authenticate(header);
        context.extra.seat = await hub.enter(member, expiresAt, (reason) => close(socket, reason));
        // Whoever hung up meanwhile is told of by nobody any more.
        if (socket.readyState !== socket.OPEN) context.extra.seat.leave();
        return true;
      } catch (error) {
        close(socket, toCallerError(error, undefined));
        return false;
      }
    },
    onSubscribe(context, _id, operation) {
      if (Object.keys(context.subscriptions).length > mostSubscriptions) {
        return [tooMany()];
      }
      const watch = read(operation);
      if (!("document" in watch)) return watch;
      return { document: anySubscription, contextValue: watch } as unknown as ExecutionArgs;
    },
    subscribe: (args) => args.contextValue as never,
    onOperation: (context, id, _payload, args) => watchOver(context, id, args.contextValue as Watch),
  });
  sockets.on("connection", (socket, request) => connect(protocol, socket, request));

  const servers = new Map<Server, (request: IncomingMessage, socket: Duplex, head: Buffer) => void>();
  return {
    attach(server) {
      const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        const [asked] = (request.url ?? "").split("?");
        if (asked !== path) {
          if (server.listenerCount("upgrade") === 1) socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
          return;
        }
        sockets.handleUpgrade(request, socket, head, (open) => sockets.emit("connection", open, request));
      };
      servers.set(server, upgrade);
      server.on("upgrade", upgrade);
    },
    async stop() {
      for (const [server, upgrade] of servers) server.off("upgrade", upgrade);
      for (const socket of sockets.clients) socket.close(1001, "The server stops. Connect again.");
      await new Promise<void>((resolve) => {
        const cut = setTimeout(() => {
          for (const socket of sockets.clients) socket.terminate();
        }, 1_000);
        sockets.close(() => {
          clearTimeout(cut);
          resolve();
        });
      });
    },
  };
}

/** Ties a socket to the protocol, and drops it when it does not answer. */
function connect(
  protocol: ReturnType<typeof makeServer<Record<string, unknown>, Extra>>,
  socket: WebSocket,
  request: IncomingMessage,
): void {
  const outlet = new Outlet({
    unsent: () => socket.bufferedAmount,
    tooSlow() {
      extra.seat?.leave();
      close(socket, notRead());
    },
  });
  const extra: Extra = { socket, request, outlet };
  let answered = true;
  let unsent = 0;
  const ping = setInterval(() => {
    if (socket.readyState !== socket.OPEN) return;
    // Its answer comes after what it has yet to read: who reads, however slowly, is the outlet's matter.
    const reads = outlet.isBehind || socket.bufferedAmount < unsent;
    if (!answered && !reads) socket.terminate();
    answered = false;
    unsent = socket.bufferedAmount;
    socket.ping();
  }, pingMs);
  socket.on("pong", () => {
    answered = true;
  });
  socket.on("error", () => socket.terminate());
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) =>
        new Promise<void>((resolve) => {
          // One that is gone by now says so by its closing.
          socket.send(data, () => resolve());
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) => {
        socket.on("message", (data) => {
          take(String(data)).catch(() => socket.close(4400, "The message cannot be read."));
        });
      },
    },
    extra,
  );
  socket.once("close", (code, reason) => {
    clearInterval(ping);
    outlet.close();
    extra.seat?.leave();
    void closed(code, String(reason));
  });
}

/** Watches on behalf of the protocol, which is told of the end alone: results go past it to the socket. */
function watchOver({ extra }: Connected, id: string, watch: Watch): AsyncIterableIterator<never> {
  const { socket, outlet, seat } = extra;
  const ending = Promise.withResolvers<RowlockError | undefined>();
  const isState = watch.field !== "jobChanges";
  const send = (text: string) => {
    socket.send(`{"id":${JSON.stringify(id)},"type":"next","payload":${text}}`);
  };
  const stop = seat?.watch(watch, {
    next: (text) => outlet.next(id, text, isState, send),
    fail: (error) => ending.resolve(error),
    complete: () => ending.resolve(undefined),
  });
  const results = lastResult(ending.promise, () => {
    stop?.();
    outlet.drop(id);
  });
  return results as unknown as AsyncIterableIterator<never>;
}

function tooMany(): GraphQLError {
  return new GraphQLError(
    `A connection may watch ${mostSubscriptions} things at once. Stop watching some, or open another.`,
    { extensions: { code: "QUERY_LIMIT" } },
  );
}

/** Closing frames carry 123 bytes at most. */
function close(socket: WebSocket, reason: RowlockError): void {
  const text = Buffer.from(`${reason.code}: ${reason.message}`).subarray(0, 120).toString();
  socket.close(closeCode(reason), text.replace(/\uFFFD+$/, ""));
  // Whoever does not read does not answer either, and would keep the connection.
  setTimeout(() => socket.terminate(), hangUpWithin(reason)).unref();
}

/** Why a socket is closed, by the code of the error. */
function closeCode({ code, status }: RowlockError): number {
  if (code === "TOKEN_EXPIRED") return 4401;
  if (code === "NOT_READ") return 4408;
  if (code === "UNAUTHENTICATED" || status === 403) return 4403;
  return status >= 500 ? 1013 : 4400;
}
