import { Logger as WorkerLogger } from "graphile-worker";
import type { Logger } from "../log.ts";

/** Our logger as Graphile Worker takes it: it brings its own copy of the class. */
export function workerLogger(logger: Logger): WorkerLogger {
  return new WorkerLogger((scope) => {
    const scoped = logger.scope(scope);
    return (level, message, meta) => {
      const name: string = level;
      if (name === "error") scoped.error(message, meta);
      else if (name === "warning") scoped.warn(message, meta);
      else if (name === "debug") scoped.debug(message, meta);
      else scoped.info(message, meta);
    };
  });
}
