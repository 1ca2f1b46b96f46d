import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { packageRoot } from "../sdk/index.ts";
import { apiCommand } from "./api.ts";
import { demoCommand } from "./demo/index.ts";
import { healthCommand } from "./health.ts";
import { migrateCommand } from "./migrate.ts";
import { organizationCommand } from "./organization.ts";
import { reportAndExit } from "./report.ts";
import { runTaskCommand } from "./run-task.ts";
import { startCommand } from "./start.ts";
import { tokenCommand } from "./token.ts";
import { workerCommand } from "./worker.ts";

const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
const { version } = z.object({ version: z.string() }).parse(manifest);

const program = new Command("rowlock")
  .description("Multi-tenant background work on Postgres alone.")
  .version(version)
  .addCommand(startCommand())
  .addCommand(apiCommand())
  .addCommand(workerCommand())
  .addCommand(migrateCommand())
  .addCommand(runTaskCommand())
  .addCommand(organizationCommand())
  .addCommand(tokenCommand())
  .addCommand(healthCommand())
  .addCommand(demoCommand());

await program.parseAsync().catch(reportAndExit);
