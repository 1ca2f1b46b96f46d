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
      const { embedded } = await locateDatabase(settings, ["task", "broker"]);
      const worker = await startWorker(settings, logger);
      logger.info(`The worker runs ${settings.WORKER_CONCURRENCY} jobs at once`);
      await untilSignal(logger, () => worker.stop(), worker.ended);
      await embedded?.stop();
    });
}
