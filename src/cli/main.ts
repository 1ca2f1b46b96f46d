import { Command } from "commander";
import { packageVersion } from "../sdk/index.ts";
import { endpointCommand } from "./endpoint.ts";
import { metricCommand } from "./metric.ts";
import { reportAndExit } from "./report.ts";
import { testRunCommand } from "./test-run/index.ts";
import { testSetCommand } from "./test-set.ts";

const program = new Command("rowlock")
  .description("Multi-tenant background work on Postgres alone.")
  .version(packageVersion);

/** What talks to the API: it needs nothing of a server, whose modules would be most of its start. */
const remote = [testSetCommand(), endpointCommand(), metricCommand(), testRunCommand()];
const local = remote.some((command) => command.name() === process.argv[2])
  ? []
  : (await import("./local.ts")).localCommands();
for (const command of [...local, ...remote]) program.addCommand(command);

await program.parseAsync().catch(reportAndExit);
