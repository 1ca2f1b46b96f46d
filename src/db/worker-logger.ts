import { Logger } from "../log.ts";

/**
 * Our logger as Graphile Worker gets it. It says a line at "info" for each job, which at thousands a second would be
 * the load: here that is a debug line.
 */
export function workerLogger(logger: Logger): Logger {
  return new Logger((scope) => {
    const scoped = logger.scope(scope);
    return (level, message, meta) => {
      const name: string = level;
      if (name === "error") scoped.error(message, meta);
      // Written for a pool that each job uses; with the local queue and batched completion few connections do.
      else if (name === "warning" && !message.includes("maxPoolSize")) scoped.warn(message, meta);
      else scoped.debug(message, meta);
    };
  });
}
