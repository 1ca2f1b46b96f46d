import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { resolveLogins } from "../../src/db/index.ts";
import { withClient } from "../helpers/postgres.ts";
import { type Launchers, startLaunchers } from "./launchers.ts";
import { Ledger } from "./ledger.ts";
import { startProxy, type Way } from "./proxy.ts";
import type { Random } from "./random.ts";
import { type Server, sqlDir, startServer } from "./server.ts";
import { type Service, startService } from "./service.ts";

export type WorldOptions = { workers: number; organizations: number; random: Random };

/** A worker process and its way to Postgres. */
export type Worker = Service & { proxy: Way };

/** Everything the run consists of. */
export type World = AsyncDisposable & {
  server: Server;
  workers: Worker[];
  api: Service;
  /** Several organizations that launch all the while. */
  launchers: Launchers;
  ledger: Ledger;
};

const jwtSecret = "a secret of the fault run, made for HS256";

/** Starts everything; what was started is stopped again, also when a later part does not start. */
export async function startWorld({ workers: count, organizations, random }: WorldOptions): Promise<World> {
  await using starting = new AsyncDisposableStack();
  const server = await startServer();
  starting.defer(() => server.remove());
  const common = {
    NODE_ENV: "test",
    ROWLOCK_EVALS: "off",
    SQL_DIR: sqlDir,
    TASKS_DIR: join(import.meta.dirname, "tasks"),
    LOG_LEVEL: "info",
    LOG_FORMAT: "text",
    JWT_SECRET: jwtSecret,
  };
  const port = await freePort();
  const direct = resolveLogins({}, server.url);
  const api = startService(
    "api",
    "api",
    { ...common, API_DATABASE_URL: direct.api, API_PORT: String(port) },
    /The API listens/,
  );
  starting.defer(() => api.stop());
  const workers = await Promise.all(
    Array.from({ length: count }, async (_, index): Promise<Worker> => {
      const proxy = await startProxy(server.socket);
      starting.defer(() => proxy.close());
      const logins = resolveLogins({}, `postgres://postgres@127.0.0.1:${proxy.port}/rowlock`);
      const service = startService(
        `worker ${index + 1}`,
        "worker",
        {
          ...common,
          TASK_DATABASE_URL: logins.task,
          BROKER_DATABASE_URL: logins.broker,
          WORKER_CONCURRENCY: "4",
          WORKER_POOL_SIZE: "6",
        },
        /The worker runs/,
      );
      starting.defer(() => service.stop());
      return { ...service, proxy };
    }),
  );
  await Promise.all([api, ...workers].map((service) => service.ready()));
  const members = await makeOrganizations(server.url, organizations);
  const ledger = new Ledger();
  const launchers = startLaunchers({ members, ledger, random, port, apiLogin: direct.api, jwtSecret });
  starting.defer(() => launchers.stop());
  const ends = starting.move();
  return { server, workers, api, launchers, ledger, [Symbol.asyncDispose]: () => ends.disposeAsync() };
}

export type Member = { organizationId: string; userId: string };

async function makeOrganizations(url: string, count: number): Promise<Member[]> {
  return await withClient(url, async (client) => {
    await client.query("set role rowlock_owner");
    const { rows } = await client.query<Member>(
      `select o.organization_id as "organizationId", o.user_id as "userId" from generate_series(1, $1) n
       cross join lateral rowlock_private.create_organization('faults ' || n, 'owner@' || n || '.example') o`,
      [count],
    );
    return rows;
  });
}

/** One that keeps its number over the API's lives. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
