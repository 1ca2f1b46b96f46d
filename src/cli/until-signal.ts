import type { Logger } from "../log.ts";

/**
 * Waits for SIGINT or SIGTERM, or for `ended` (which may reject), then runs `stop`. A second signal does not wait.
 */
export async function untilSignal(
  logger: Logger,
  stop: () => Promise<void>,
  ended?: Promise<void>,
): Promise<void> {
  const { promise: signalled, resolve } = Promise.withResolvers<void>();
  const onSignal = (signal: NodeJS.Signals) => {
    logger.info(`${signal}: stopping. Running jobs end or are handed back; once more to stop at once.`);
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.removeAllListeners(name);
      process.once(name, () => process.exit(130));
    }
    resolve();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  await Promise.race([signalled, ended ?? new Promise<never>(() => undefined)]);
  await stop();
}
