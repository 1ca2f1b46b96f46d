import { Command } from "commander";
import { packageVersion } from "../sdk/index.ts";
import { apiCommand } from "./api.ts";
import { demoCommand } from "./demo/index.ts";
import { endpointCommand } from "./endpoint.ts";
import { healthCommand } from "./health.ts";
import { metricCommand } from "./metric.ts";
import { migrateCommand } from "./migrate.ts";
import { organizationCommand } from "./organization.ts";
import { reportAndExit } from "./report.ts";
import { runTaskCommand } from "./run-task.ts";
import { startCommand } from "./start.ts";
import { testRunCommand } from "./test-run/index.ts";
import { testSetCommand } from "./test-set.ts";
import { tokenCommand } from "./token.ts";
import { workerCommand } from "./worker.ts";

const program = new Command("rowlock")
  .description("Multi-tenant background work on Postgres alone.")
  .version(packageVersion)
  .addCommand(startCommand())
  .addCommand(apiCommand())
  .addCommand(workerCommand())
  .addCommand(migrateCommand())
  .addCommand(runTaskCommand())
  .addCommand(organizationCommand())
  .addCommand(tokenCommand())
  .addCommand(healthCommand())
  .addCommand(demoCommand())
  .addCommand(testSetCommand())
  .addCommand(endpointCommand())
  .addCommand(metricCommand())
  .addCommand(testRunCommand());

await program.parseAsync().catch(reportAndExit);
