import { createServer, type Server } from "node:http";
import express from "express";
import { assertSchemaCurrent, describeConnectError, standardChains } from "../db/index.ts";
import { isInfrastructureError, RowlockError, sqlstateOf } from "../sdk/index.ts";
import { type ApiOptions, createApi } from "./create-api.ts";
import { dashboardPath } from "./http/dashboard.ts";

export type RunningApi = {
  url: string;
  port: number;
  /** Takes no more requests, lets those under way end (at most ten seconds), and frees everything but the pool. */
  stop(): Promise<void>;
};

const graceMs = 10_000;

/**
 * Starts the API as a server of its own.
 * @throws RowlockError DATABASE_UNAVAILABLE, DATABASE_TOO_OLD, DATABASE_TOO_NEW, UNSAFE_LOGIN, PORT_IN_USE
 */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { settings, pool, logger } = options;
  const api = await reachDatabase(options, async () => {
    await assertSchemaCurrent(pool, standardChains(settings));
    return await createApi(options);
  });
  const app = express().disable("x-powered-by").use(api.router);
  app.get("/", (_request, response) => response.redirect(302, dashboardPath));
  app.use((request, response) => {
    response.status(404).json({
      error: {
        code: "NOT_FOUND",
        message: `There is no ${request.method} ${request.path}. The API is under /api and /graphql, the dashboard under /dashboard.`,
        issues: [],
      },
    });
  });
  const server = createServer(app);
  api.attach(server);
  try {
    await listen(server, settings.API_HOST, settings.API_PORT);
  } catch (error) {
    await api.release();
    throw error;
  }
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : settings.API_PORT;
  const host = settings.API_HOST.includes(":") ? `[${settings.API_HOST}]` : settings.API_HOST;
  const url = `http://${host}:${port}`;
  logger.info(`The API listens at ${url}`, { url });

  let stopping: Promise<void> | undefined;
  return {
    url,
    port,
    stop: () => {
      stopping ??= Promise.all([close(server), api.hangUp()]).then(() => api.release());
      return stopping;
    },
  };
}

async function reachDatabase<T>({ pool }: ApiOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RowlockError || !isUnreachable(error)) throw error;
    throw describeConnectError(error, pool.options.connectionString ?? "");
  }
}

/** Class 28 and 3D: the login or the database is not there, which `rowlock migrate` or the URL mends. */
function isUnreachable(error: unknown): boolean {
  return isInfrastructureError(error) || /^(28|3D)/.test(sqlstateOf(error) ?? "");
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      reject(
        sqlstateOf(error) === "EADDRINUSE"
          ? new RowlockError(
              "PORT_IN_USE",
              `Another process listens on ${host}:${port}. Stop it, or set API_PORT to another port.`,
              { cause: error },
            )
          : error,
      );
    });
    server.listen(port, host, () => resolve());
  });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  // A connection whose last request ends now would otherwise be kept for the client's next one.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(timer);
}
