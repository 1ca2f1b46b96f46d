import { Command } from "commander";
import { locateDatabase } from "../db/index.ts";
import { startWorker } from "../worker/index.ts";
import { readEnvironment } from "./environment.ts";
import { untilSignal } from "./until-signal.ts";

export function workerCommand(): Command {
  return new Command("worker")
    .description("Run a worker: takes jobs and runs the tasks of TASKS_DIR.")
    .action(async () => {
      const { settings, logger } = await readEnvironment();
      await using ends = new AsyncDisposableStack();
      const { embedded } = await locateDatabase(settings, ["task", "broker"]);
      ends.defer(async () => embedded?.stop());
      const worker = await startWorker(settings, logger);
      ends.defer(() => worker.stop());
      logger.info(`The worker runs ${settings.WORKER_CONCURRENCY} jobs at once`);
      await untilSignal(logger, async () => undefined, worker.ended);
    });
}
