import { setTimeout as sleep } from "node:timers/promises";
import { readPostmaster } from "./postmaster.ts";

const fastMs = 20_000;
const immediateMs = 10_000;

/** Fast shutdown: ends sessions, writes a checkpoint; after 20 s an immediate one, from which a start recovers. */
export async function stopPostmaster(pgdata: string, pid: number): Promise<void> {
  const runs = async () => {
    const found = await readPostmaster(pgdata);
    return "pid" in found && found.pid === pid;
  };
  if (!(await runs())) return;
  signal(pid, "SIGINT");
  if (await endsWithin(fastMs, runs)) return;
  signal(pid, "SIGQUIT");
  await endsWithin(immediateMs, runs);
}

async function endsWithin(ms: number, runs: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(15)) {
    if (!(await runs())) return true;
  }
  return false;
}

function signal(pid: number, name: "SIGINT" | "SIGQUIT"): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}
