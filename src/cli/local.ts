import type { Command } from "commander";
import { apiCommand } from "./api.ts";
import { demoCommand } from "./demo/index.ts";
import { healthCommand } from "./health.ts";
import { migrateCommand } from "./migrate.ts";
import { organizationCommand } from "./organization.ts";
import { runTaskCommand } from "./run-task.ts";
import { startCommand } from "./start.ts";
import { tokenCommand } from "./token.ts";
import { workerCommand } from "./worker.ts";

/** Commands that run parts of Rowlock in this very process, or reach the database. */
export function localCommands(): Command[] {
  return [
    startCommand(),
    apiCommand(),
    workerCommand(),
    migrateCommand(),
    runTaskCommand(),
    organizationCommand(),
    tokenCommand(),
    healthCommand(),
    demoCommand(),
  ];
}
