import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Block, placeOf, readBlocks, repository } from "../../docs/pages.ts";
import { checkTypes } from "./check-types.ts";
import { Terminal } from "./terminal.ts";

const execute = promisify(execFile);
const pagePort = "5680";
const longestWaitMs = 60_000;

/** What the page's reader ends up with. */
export type FirstTask = {
  /** Files written from the page. */
  files: string[];
  /** Commands run from it, those in the background included. */
  commands: number;
  /** Answers that were as the page shows them, in order. */
  answers: unknown[];
};

/**
 * Does what docs/first-task.md says, in an empty folder with the packed package: its files and commands are taken from
 * the page, in order. Marks of its blocks:
 * - `file=path`: written there
 * - `sh`: run to its end; `sh until`: repeated until its answer is the one the page shows
 * - `sh background`: left running; `sh background stop`: after all that runs was stopped (SIGTERM)
 * - `json` after a command: the `data` of its answer
 * Only the port is another one, because the page's may be taken.
 * @throws where the page is wrong, with what the running commands wrote
 */
export async function firstTask(): Promise<FirstTask> {
  const scratch = await mkdtemp(join(tmpdir(), "rowlock-first-task-"));
  const folder = join(scratch, "app");
  const port = String(await freePort());
  const terminal = new Terminal(folder, scratch, { API_PORT: port, npm_config_prefer_offline: "true" });
  try {
    await mkdir(folder);
    await execute("npm", ["pack", "--pack-destination", scratch], { cwd: repository, maxBuffer: 2 ** 26 });
    const done = await follow(readBlocks(join(repository, "docs/first-task.md")), terminal, folder, port);
    await checkTypes(folder);
    await terminal.stop();
    assert.equal(
      existsSync(join(folder, ".rowlock/postgres/pgdata/postmaster.pid")),
      false,
      "Postgres runs on",
    );
    return done;
  } finally {
    await terminal.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

async function follow(blocks: Block[], terminal: Terminal, folder: string, port: string): Promise<FirstTask> {
  const done: FirstTask = { files: [], commands: 0, answers: [] };
  for (const [index, block] of blocks.entries()) {
    const file = block.marks.get("file");
    if (file !== undefined) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), block.text);
      done.files.push(file);
    } else if (block.language === "sh") {
      const command = block.text.replaceAll(`:${pagePort}/`, `:${port}/`);
      const next = blocks[index + 1];
      const shown = next?.language === "json" ? (JSON.parse(next.text) as unknown) : undefined;
      done.commands += 1;
      if (block.marks.has("background")) {
        if (block.marks.has("stop")) await terminal.stop();
        terminal.start(command);
        await untilReady(port, terminal);
      } else if (shown === undefined) {
        await terminal.run(command);
      } else {
        await answers(terminal, command, shown, block);
        done.answers.push(shown);
      }
    } else {
      assert.equal(block.language, "json", `${placeOf(block)} is neither a file, a command nor an answer`);
    }
  }
  return done;
}

async function answers(terminal: Terminal, command: string, shown: unknown, block: Block): Promise<void> {
  const deadline = Date.now() + (block.marks.has("until") ? longestWaitMs : 0);
  for (;;) {
    const { data, errors } = JSON.parse(await terminal.run(command)) as { data: unknown; errors: unknown };
    try {
      assert.deepEqual(errors ?? data, shown, `${placeOf(block)} is answered otherwise`);
      return;
    } catch (error) {
      if (Date.now() < deadline) await sleep(100);
      else throw new Error(terminal.log(), { cause: error });
    }
  }
}

async function untilReady(port: string, terminal: Terminal): Promise<void> {
  for (const deadline = Date.now() + longestWaitMs; ; await sleep(50)) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok === true) return;
    if (Date.now() > deadline) throw new Error(`The API is not ready.\n${terminal.log()}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
