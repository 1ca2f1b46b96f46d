import type { Server } from "node:http";
import type { Router } from "express";
import type { Pool } from "pg";
import type { Logger } from "../../log.ts";
import type { Settings } from "../../sdk/index.ts";
import type { Authenticate } from "../../tenancy/index.ts";
import { serveEventStreams } from "./event-stream.ts";
import { Hub, type HubOptions } from "./hub.ts";
import type { WatchReader } from "./watch.ts";
import { serveSockets } from "./web-socket.ts";

/** Subscriptions: a hub that reads what is watched, and both ways to it. */
export type Live = {
  install(router: Router): void;
  attach(server: Server): void;
  stop(): Promise<void>;
};

const socketPath = "/graphql";
const streamPath = "/graphql/stream";

export function serveLive(options: {
  read: WatchReader;
  execute: HubOptions["execute"];
  settings: Pick<Settings, "API_STATEMENT_TIMEOUT_MS">;
  pool: Pool;
  logger: Logger;
  authenticate: Authenticate;
}): Live {
  const { read, execute, settings, pool, logger, authenticate } = options;
  const hub = new Hub({
    pool,
    // LISTEN belongs to a session: the address must lead to the server, not through a pooler by transaction.
    listenUrl: pool.options.connectionString,
    logger,
    statementTimeoutMs: settings.API_STATEMENT_TIMEOUT_MS,
    execute,
  });
  const streams = serveEventStreams({ hub, read });
  const sockets = serveSockets({ path: socketPath, hub, read, authenticate });
  let stopping: Promise<void> | undefined;
  return {
    install: (router) => void router.post(streamPath, streams.handle),
    attach: (server) => sockets.attach(server),
    stop() {
      streams.stop();
      stopping ??= sockets.stop().then(() => hub.stop());
      return stopping;
    },
  };
}
