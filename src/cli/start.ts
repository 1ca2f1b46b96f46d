import { Command } from "commander";
import { locateDatabase } from "../db/index.ts";
import { startWorker } from "../worker/index.ts";
import { serveApi } from "./api.ts";
import { readEnvironment } from "./environment.ts";
import { migrateDatabase } from "./migrate.ts";
import { signInOffers } from "./sign-in-offers.ts";
import { untilSignal } from "./until-signal.ts";

export function startCommand(): Command {
  return new Command("start")
    .description(
      "Run everything in one process, for development: database if none is set, migrations, API, worker.",
    )
    .action(async () => {
      const environment = await readEnvironment();
      const { settings, logger } = environment;
      await using ends = new AsyncDisposableStack();
      // Held open here, so that the migration's own look-up reuses the server.
      const { logins, embedded } = await locateDatabase(settings, ["admin", "api", "task", "broker"]);
      ends.defer(async () => embedded?.stop());
      await migrateDatabase(settings, logger);
      const worker = await startWorker(settings, logger);
      ends.defer(() => worker.stop());
      const offers = await signInOffers(environment, logins);
      ends.defer(async () => offers?.end());
      const api = await serveApi(environment, logins, offers?.list);
      ends.defer(() => api.stop());
      logger.info(`Dashboard ${api.url}/dashboard/`);
      logger.info(`GraphQL ${api.url}/graphql, REST ${api.url}/api, GraphiQL ${api.url}/graphiql`);
      logger.info("Make an organization and a token with: rowlock organization create <name> <e-mail>");
      await untilSignal(logger, async () => undefined, worker.ended);
    });
}
