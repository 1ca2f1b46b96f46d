import type { Logger } from "../log.ts";

/** A signal to the whole group, as a supervisor sends it, reaches us twice: once itself, once passed on by our parent. */
const sameSignalMs = 1_000;

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
    const since = performance.now();
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.removeAllListeners(name);
      process.on(name, () => {
        if (performance.now() - since > sameSignalMs) process.exit(130);
      });
    }
    resolve();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  await Promise.race([signalled, ended ?? new Promise<never>(() => undefined)]);
  await stop();
}
