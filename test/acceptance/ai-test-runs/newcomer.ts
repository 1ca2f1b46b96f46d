import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readBlocks, repository } from "../../docs/pages.ts";
import { Terminal } from "../spine/terminal.ts";

const longestWaitMs = 60_000;

/**
 * Line 8: docs/ai-test-runs.md from nothing to a gated run, in an empty folder that has Rowlock, its commands and files
 * taken from the page. Only the ports are others, because the page's may be taken.
 */
export async function newcomer(): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "rowlock-newcomer-"));
  const folder = join(scratch, "app");
  const [api, bot] = [await freePort(), await freePort()];
  const own = (text: string) =>
    text.replaceAll(/:5680\b/g, `:${api}`).replaceAll(/(:|listen\()8080\b/g, `$1${bot}`);
  const terminal = new Terminal(folder, scratch, { API_PORT: String(api) });
  try {
    await install(folder);
    let commands = 0;
    let shown = "";
    for (const block of readBlocks(join(repository, "docs/ai-test-runs.md"))) {
      const file = block.marks.get("file");
      const text = own(block.text);
      if (file !== undefined) {
        await writeFile(join(folder, file), text);
        if (file === "bot.ts") terminal.start(`exec "${process.execPath}" bot.ts`);
      } else if (block.language === "sh") {
        commands += 1;
        if (block.marks.has("background")) {
          terminal.start(text);
          await untilReady(api, terminal);
        } else if (block.marks.has("fails")) {
          shown = await terminal.run(`{ ${text.trim()}; } && exit 9 || echo "ended with $?"`);
        } else await terminal.run(text);
      } else if (block.language === "text" && shown !== "") {
        for (const line of block.text.trim().split("\n")) {
          assert.ok(shown.includes(line), `the page shows, and the command does not:\n${line}\n${shown}`);
        }
        break;
      }
    }
    assert.match(shown, /^ended with 1$/m);
    assert.equal(commands, 5);
    return `${commands} commands, the last of which ended with 1 below its gate`;
  } finally {
    await terminal.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** As `npm install` leaves it, without the minute that takes; line 10 of the spine installs the packed package. */
async function install(folder: string): Promise<void> {
  const command = join(folder, "node_modules/.bin/rowlock");
  await mkdir(join(folder, "node_modules/.bin"), { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
  await writeFile(
    command,
    `#!/bin/sh\nexec "${process.execPath}" "${join(repository, "bin/rowlock.js")}" "$@"\n`,
  );
  await chmod(command, 0o755);
}

async function untilReady(port: number, terminal: Terminal): Promise<void> {
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
