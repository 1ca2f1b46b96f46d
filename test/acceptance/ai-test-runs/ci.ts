import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultsOf } from "../../cli/junit.ts";
import { reply, serveBot } from "../../evals/bot.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { newClient, setUp } from "../spine/client.ts";
import { startApiProcess, startWorkerProcess } from "../spine/processes.ts";

const rowlock = join(import.meta.dirname, "../../../bin/rowlock.js");

/** As a CI job has it: what a step ends with decides what comes next. */
const job = `
set -u
gate() { rowlock test-run --test-set Sums --endpoint Sums "$@"; echo "exit $?"; }
gate --fail-under 0.9 --junit report.xml --markdown "$GITHUB_STEP_SUMMARY"
gate --fail-under 0.95
gate --fail-under lots
gate --fail-on-regression --json report.json
if gate --fail-under 0.9 | grep -q "exit 0"; then echo deployed; fi
`;

/** Line 6: the command in a shell script, against an API and a worker in processes of their own. */
export async function inCi(): Promise<string> {
  await using ends = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "rowlock-ci-"));
  ends.defer(() => rm(folder, { recursive: true, force: true }));
  const db = ends.use(await createTestDatabase());
  const bot = ends.use(
    await serveBot((input, response) => reply(response, { output: input === "7" ? "wrong" : input })),
  );
  const worker = await startWorkerProcess(db, "rowlock");
  ends.defer(() => worker.stop());
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  const client = await newClient(db, api.url);
  await setUp(client, {
    name: "Sums",
    endpoint: { url: bot.url, requestTemplate: { input: "{{ input }}" }, responsePath: "output" },
    metric: { kind: "exact" },
    file: Array.from({ length: 10 }, (_, n) => JSON.stringify({ input: `${n}`, expected: `${n}` })).join(
      "\n",
    ),
    columns: "expected=expected",
  });

  await writeFile(join(folder, "rowlock"), `#!/bin/sh\nexec "${process.execPath}" "${rowlock}" "$@"\n`);
  await chmod(join(folder, "rowlock"), 0o755);
  const child = spawn("bash", ["-c", job], {
    cwd: folder,
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      CI: "true",
      ROWLOCK_URL: api.url,
      ROWLOCK_TOKEN: client.token,
      GITHUB_STEP_SUMMARY: join(folder, "summary.md"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  await once(child, "close");

  const exits = output.match(/^(exit \d+|deployed)$/gm) ?? [];
  assert.deepEqual(exits, ["exit 0", "exit 1", "exit 2", "exit 0", "deployed"], output + errors);
  const report = await readFile(join(folder, "report.xml"), "utf8");
  assert.deepEqual(await faultsOf(report), []);
  const cases = { cases: report.match(/<testcase /g)?.length, failures: report.match(/<failure /g)?.length };
  assert.deepEqual(cases, { cases: 10, failures: 1 });
  assert.match(await readFile(join(folder, "summary.md"), "utf8"), /^## ✅ Sums against Sums: 90\.0 %/);
  return `0.9 at a gate of 0.9 ended with 0, of 0.95 with 1, of "lots" with 2; ${cases.cases} cases in a JUnit report that is one by its schema`;
}
