import { Command } from "commander";
import { startApi } from "../api/index.ts";
import { createPool, locateDatabase } from "../db/index.ts";
import { loadExtensions } from "./applications.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { untilSignal } from "./until-signal.ts";

export function apiCommand(): Command {
  return new Command("api").description("Run the API: GraphQL, REST, health.").action(async () => {
    const environment = await readEnvironment();
    await using ends = new AsyncDisposableStack();
    const { logins, embedded } = await locateDatabase(environment.settings, ["api"]);
    ends.defer(async () => embedded?.stop());
    const api = await serveApi(environment, logins.api);
    ends.defer(() => api.stop());
    await untilSignal(environment.logger, async () => undefined);
  });
}

/** The API with its own pool; `stop` ends both. */
export async function serveApi(
  { settings, logger }: Environment,
  apiUrl: string,
): Promise<{ url: string; stop(): Promise<void> }> {
  const pool = createPool({ url: apiUrl, max: settings.API_POOL_SIZE, name: "rowlock-api", logger });
  try {
    const api = await startApi({ settings, pool, logger, extensions: await loadExtensions(settings) });
    return {
      url: api.url,
      async stop() {
        await api.stop();
        await pool.end();
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}
