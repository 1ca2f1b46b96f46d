import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Remote } from "../remote/client.ts";
import { exitCodes, Refusal } from "../remote/refusal.ts";

const signals = { SIGINT: exitCodes.interrupted, SIGTERM: 143 } as const;
const sameSignalMs = 1_000;

/** What ends a wait before the run has ended. A signal a second time ends the command at once. */
export type Interrupts = Disposable & { signal: AbortSignal; exitCode(): number };

export function listen(timeoutMs: number | undefined): Interrupts {
  const controller = new AbortController();
  let exitCode: number = exitCodes.notExecuted;
  let since = 0;
  const onSignal = (name: NodeJS.Signals) => {
    // The terminal sends it to each process, and the one that started us may send it on.
    if (controller.signal.aborted && performance.now() - since > sameSignalMs) process.exit(exitCode);
    if (controller.signal.aborted) return;
    since = performance.now();
    exitCode = signals[name as keyof typeof signals];
    controller.abort(`Interrupted by ${name} at the command line.`);
  };
  for (const name of Object.keys(signals)) process.on(name, onSignal);
  const late = () => controller.abort(`It took longer than ${(timeoutMs ?? 0) / 1_000} s (--timeout).`);
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const name of Object.keys(signals)) process.off(name, onSignal);
    },
  };
}

const longestCancelMs = 5_000;

/** Asks the API to cancel the run, and does not insist: whoever pressed Ctrl-C wants to leave. @returns what became of it */
export async function cancel(remote: Remote, runId: string, reason: string): Promise<string> {
  const asked = remote.post(z.unknown(), `/api/test-runs/${runId}/cancel`, { json: { reason } }).then(
    () => `The run ${runId} is cancelled.`,
    (error: unknown) =>
      `The run ${runId} goes on: ${error instanceof Refusal ? error.message : String(error)}`,
  );
  const late = sleep(longestCancelMs, `The run ${runId} may go on: the API did not answer.`, { ref: false });
  return await Promise.race([asked, late]);
}
