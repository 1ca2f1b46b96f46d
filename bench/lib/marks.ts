import { appendFileSync } from "node:fs";

/** What every job carries; `launchedAt` is set where latency is measured. */
export type Payload = { organization: string; n: number; launchedAt: number };

const { BENCH_STARTS_FILE: startsFile, BENCH_LATENCY_FILE: latencyFile } = process.env;
let started = false;

/** Microseconds of the machine's monotonic clock, the same in all its processes. */
export function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** At a handler's beginning: the first of a process says that it has booted. */
export function markStart(): void {
  if (started) return;
  started = true;
  if (startsFile !== undefined) appendFileSync(startsFile, "started\n");
}

/** Notes how long a job took from its launch to this moment. */
export function markLatency(payload: Pick<Payload, "launchedAt">): void {
  if (latencyFile !== undefined) appendFileSync(latencyFile, `${nowMicros() - payload.launchedAt}\n`);
}
