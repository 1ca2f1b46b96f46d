import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const bin = join(import.meta.dirname, "../../bin/rowlock.js");

test("A start that fails says why and stops the database it had started", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "rowlock-cli-"));
  try {
    mkdirSync(join(cwd, "tasks"));
    writeFileSync(join(cwd, "tasks/greet.ts"), `import { defineTask } from "rowlock";\n`);
    // As `npm init` leaves it.
    writeFileSync(join(cwd, "package.json"), `{ "type": "commonjs" }`);
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, API_PORT: "0" };
    const failure: unknown = await promisify(execFile)(process.execPath, [bin, "start"], { cwd, env }).catch(
      (error: unknown) => error,
    );
    assert.ok(failure instanceof Error && "stderr" in failure);
    assert.match(String(failure.stderr), /^INVALID_TASK_FILE: .*tasks\/greet\.ts .*"type": "module"/m);
    const pgdata = join(cwd, ".rowlock/postgres/pgdata");
    assert.equal(existsSync(pgdata), true);
    assert.equal(existsSync(join(pgdata, "postmaster.pid")), false);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
