import { Command } from "commander";
import { locateDatabase, migrate, standardChains } from "../db/index.ts";
import type { Logger } from "../log.ts";
import { RowlockError, type Settings } from "../sdk/index.ts";
import { readEnvironment } from "./environment.ts";

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("Create or update roles, schemas and tables. Safe to repeat and to run many at once.")
    .action(async () => {
      const { settings, logger } = await readEnvironment();
      const applied = await migrateDatabase(settings, logger);
      console.log(
        applied.length === 0 ? "Nothing to do: the database is current." : `Applied ${applied.join(", ")}.`,
      );
    });
}

/** Brings the database of the settings up to date; the embedded one is started for it and stopped after. */
export async function migrateDatabase(settings: Settings, logger: Logger): Promise<string[]> {
  const { logins, embedded } = await locateDatabase(settings, ["admin"]);
  try {
    const { api, task, broker, ops, admin } = logins;
    if (api === undefined || task === undefined || broker === undefined || ops === undefined) {
      throw new RowlockError("INVALID_SETTING", "DATABASE_URL must be set to migrate. See .env.example.");
    }
    const { applied } = await migrate({
      adminUrl: admin,
      logins: { admin, api, task, broker, ops },
      chains: standardChains(settings),
      logger,
    });
    return applied;
  } finally {
    await embedded?.stop();
  }
}
