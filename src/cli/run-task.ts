import { Command } from "commander";
import { createPool, locateDatabase } from "../db/index.ts";
import { findJob, launchJob, runJob, syncCatalogue } from "../jobs/index.ts";
import { RowlockError } from "../sdk/index.ts";
import { withTenant } from "../tenancy/index.ts";
import { loadTasks, taskDirectories } from "../worker/index.ts";
import { readEnvironment } from "./environment.ts";

type Options = { organization: string; user: string; payload: string };

export function runTaskCommand(): Command {
  return new Command("run-task")
    .description("Run one task here and now, without the queue: same job row, same claims, same transaction.")
    .argument("<task>", "its name")
    .requiredOption("--organization <uuid>")
    .requiredOption("--user <uuid>", "member in whose name it runs")
    .option("--payload <json>", "the payload", "{}")
    .action(runTask);
}

async function runTask(name: string, { organization, user, payload }: Options): Promise<void> {
  const { settings, logger } = await readEnvironment();
  const tasks = await loadTasks(taskDirectories(settings));
  const task = tasks.get(name);
  if (task === undefined) {
    throw new RowlockError(
      "UNKNOWN_TASK",
      `There is no task "${name}". There are: ${[...tasks.keys()].join(", ")}.`,
    );
  }
  const { logins, embedded } = await locateDatabase(settings, ["task"]);
  const pool = createPool({ url: logins.task, max: 4, name: "rowlock-run-task", logger });
  try {
    // All of them: it may launch another.
    await syncCatalogue(pool, tasks.values());
    // Launched from this source a job is not handed to the broker: nobody else takes it.
    const member = { organizationId: organization, userId: user, source: "run-task" };
    const id = await withTenant(pool, member, (tx) =>
      launchJob(tx, name, readPayload(payload), { maxAttempts: 1 }),
    );
    const outcome = await runJob(pool, id, task, new AbortController().signal);
    if ("error" in outcome)
      logger.error(`${name} ${outcome.kind}: ${outcome.message}`, { error: outcome.error });
    const job = await withTenant(pool, member, (tx) => findJob(tx, id));
    console.log(JSON.stringify(job, null, 2));
    process.exitCode = job?.state === "succeeded" ? 0 : 1;
  } finally {
    await pool.end();
    await embedded?.stop();
  }
}

function readPayload(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RowlockError("INVALID_ARGUMENT", `--payload is not JSON: ${text.slice(0, 100)}`);
  }
}
