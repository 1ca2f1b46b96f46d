import { Command } from "commander";
import { type ApiOptions, startApi } from "../api/index.ts";
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
    const api = await serveApi(environment, logins);
    ends.defer(() => api.stop());
    await untilSignal(environment.logger, async () => undefined);
  });
}

/** Operators are few. */
const opsPoolSize = 2;

/** The API with its own pools; `stop` ends all. The operators' door is there when their login is known. */
export async function serveApi(
  { settings, logger }: Environment,
  logins: { api: string; ops?: string | undefined },
  signInOffers?: ApiOptions["signInOffers"],
): Promise<{ url: string; stop(): Promise<void> }> {
  const pool = createPool({ url: logins.api, max: settings.API_POOL_SIZE, name: "rowlock-api", logger });
  const opsPool =
    logins.ops === undefined
      ? undefined
      : createPool({ url: logins.ops, max: opsPoolSize, name: "rowlock-ops", logger });
  const end = async () => {
    await Promise.all([pool.end(), opsPool?.end()]);
  };
  try {
    const extensions = await loadExtensions(settings);
    const api = await startApi({ settings, pool, opsPool, signInOffers, logger, extensions });
    return {
      url: api.url,
      async stop() {
        await api.stop();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
