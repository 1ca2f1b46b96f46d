import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { createTestDatabase } from "../../helpers/database.ts";

const root = join(import.meta.dirname, "../../..");

/** Starts the API and a worker with a superuser's URL. @returns what each said before it ended */
export async function startAsSuperuser(): Promise<string[]> {
  await using db = await createTestDatabase();
  const urls = {
    API_DATABASE_URL: db.urls.api,
    TASK_DATABASE_URL: db.urls.task,
    BROKER_DATABASE_URL: db.urls.broker,
  };
  return (["api", "worker"] as const).map((command) => {
    const setting = command === "api" ? "API_DATABASE_URL" : "TASK_DATABASE_URL";
    const { status, stderr } = spawnSync("node", ["bin/rowlock.js", command], {
      cwd: root,
      encoding: "utf8",
      timeout: 30_000,
      env: {
        PATH: process.env.PATH,
        ...urls,
        [setting]: db.urls.admin,
        JWT_SECRET: "x".repeat(32),
        API_PORT: "0",
      },
    });
    assert.equal(status, 1, stderr);
    const lines = stderr.trim().split("\n");
    assert.equal(lines.length, 1, stderr);
    assert.match(lines[0] ?? "", new RegExp(`^UNSAFE_LOGIN: ${setting}: the login \\w+ is a superuser`));
    return lines[0] ?? "";
  });
}
