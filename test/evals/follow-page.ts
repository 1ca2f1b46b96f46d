import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Block, readBlocks, repository } from "../docs/pages.ts";
import { type EvalsWorld, runAll } from "./support.ts";

/** The blocks of a page, by their language. */
export function blocksOf(page: string): (language: string) => Block[] {
  const blocks = readBlocks(join(repository, page));
  return (language) => blocks.filter((block) => block.language === language);
}

/**
 * Runs commands in one shell, as a reader does, in a folder that is gone afterwards. The reader has a worker, whose part
 * `work` does as its jobs appear; the commands wait for their end.
 * @returns what they printed
 */
export async function followPage(
  script: string,
  env: Record<string, string>,
  work: () => Promise<void>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rowlock-page-"));
  try {
    const child = spawn("bash", ["-c", `set -euo pipefail\n${script}`], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk) => (output += String(chunk)));
    child.stderr.on("data", (chunk) => (errors += String(chunk)));
    const closed = once(child, "close") as Promise<[number | null]>;
    while (child.exitCode === null) {
      await work();
      await sleep(50);
    }
    const [code] = await closed;
    assert.equal(code, 0, output + errors);
    return output;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A worker's part in runs: every test that is open. */
export async function workOff(world: EvalsWorld): Promise<void> {
  const open = await world.asOwner<{ id: string }>(
    "select distinct test_run_id as id from evals.test_results where finished_at is null",
  );
  for (const { id } of open) await runAll(world, id);
}
