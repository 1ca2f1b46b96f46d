import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { type Client, newClient } from "../spine/client.ts";
import { type Process, startApiProcess, startWorkerProcess } from "../spine/processes.ts";

export type Scene = AsyncDisposable & {
  db: TestDatabase;
  url: string;
  client: Client;
  /** Kills one worker; another takes its place. */
  killOne(): Promise<void>;
};

/** A database, an API, an organization, and worker processes. */
export async function startScene(count: number, env: Record<string, string> = {}): Promise<Scene> {
  const ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  const start = () => startWorkerProcess(db, "rowlock", env);
  const workers: Process[] = [];
  ends.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  workers.push(...(await Promise.all(Array.from({ length: count }, start))));
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  return {
    db,
    url: api.url,
    client: await newClient(db, api.url),
    async killOne() {
      await workers.shift()?.kill();
      workers.push(await start());
    },
    [Symbol.asyncDispose]: () => ends.disposeAsync(),
  };
}
