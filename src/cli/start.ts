import { Command } from "commander";
import { locateDatabase } from "../db/index.ts";
import { startWorker } from "../worker/index.ts";
import { serveApi } from "./api.ts";
import { readEnvironment } from "./environment.ts";
import { migrateDatabase } from "./migrate.ts";
import { untilSignal } from "./until-signal.ts";

export function startCommand(): Command {
  return new Command("start")
    .description(
      "Run everything in one process, for development: database if none is set, migrations, API, worker.",
    )
    .action(async () => {
      const environment = await readEnvironment();
      const { settings, logger } = environment;
      // Held open here, so that the migration's own look-up reuses the server.
      const { logins, embedded } = await locateDatabase(settings, ["admin", "api", "task", "broker"]);
      await migrateDatabase(settings, logger);
      const worker = await startWorker(settings, logger);
      const api = await serveApi(environment, logins.api);
      logger.info(`GraphQL ${api.url}/graphql, REST ${api.url}/api, GraphiQL ${api.url}/graphiql`);
      logger.info("Make an organization and a token with: rowlock organization create <name> <e-mail>");
      await untilSignal(
        logger,
        async () => {
          await api.stop();
          await worker.stop();
          await embedded?.stop();
        },
        worker.ended,
      );
    });
}
