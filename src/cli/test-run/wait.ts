import { setTimeout as sleep } from "node:timers/promises";
import type { Remote } from "../remote/client.ts";
import { type Run, run } from "../remote/schemas.ts";
import { startProgress } from "./progress.ts";

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/** Reads a run until it has ended, ever more seldom. @throws the signal's reason when it aborts */
export async function untilEnded(remote: Remote, begun: Run, signal: AbortSignal): Promise<Run> {
  const progress = startProgress(begun.total);
  try {
    for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.3, longestPauseMs)) {
      signal.throwIfAborted();
      const now = await remote.get(run, `/api/test-runs/${begun.id}`);
      progress.show(now.total - now.queued - now.running);
      if (now.finishedAt !== null) return now;
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    progress.stop();
  }
}
