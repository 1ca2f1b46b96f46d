import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { readBlocks, repository } from "../../docs/pages.ts";
import { startTestWorker } from "../../helpers/worker.ts";
import { startWorld } from "../support.ts";
import { watchByStream } from "./support.ts";

const blocks = readBlocks(join(repository, "docs/live.md"));

test("docs/live.md: its subscriptions are answered, and its script watches a job to its end", async () => {
  const world = await startWorld();
  const folder = await mkdtemp(join(tmpdir(), "rowlock-live-"));
  const { member } = world.north;
  try {
    const batched = await world.send("POST", "/api/batches", {
      as: member,
      json: { jobs: [{ task: "greet", payload: { name: "page" } }] },
    });
    const batch = (batched.body as { batch: { id: string } }).batch.id;
    const launched = await world.send("POST", "/api/jobs", {
      as: member,
      json: { task: "greet", payload: { name: "page" } },
    });
    const { id } = launched.body as { id: string };

    const subscriptions = blocks.filter(({ language }) => language === "graphql");
    assert.ok(subscriptions.length >= 4);
    for (const { text } of subscriptions) {
      const watched = watchByStream(world, member, text, { id, batch });
      if (text.includes("jobChanges")) await sleep(300);
      else await watched.seen((data) => Object.values(data).every((value) => value !== null));
      assert.deepEqual(watched.errors, [], text);
      watched.stop();
    }

    const script = blocks.find(({ marks }) => marks.get("file") === "watch.ts");
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"), "dir");
    await writeFile(join(folder, "watch.mts"), script?.text ?? "");
    const running = promisify(execFile)(process.execPath, ["watch.mts"], {
      cwd: folder,
      env: { ...process.env, ROWLOCK_URL: world.api.url, TOKEN: member.token, JOB: id },
      timeout: 30_000,
    });
    await sleep(1_000);
    const tasks = join(import.meta.dirname, "../../client/tasks");
    await using _worker = await startTestWorker(world.db, { TASKS_DIR: tasks });
    const { stdout } = await running;
    assert.equal(stdout.trim().split("\n").at(-1), "succeeded", stdout);
  } finally {
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
