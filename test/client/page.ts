import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { startApi } from "../../src/api/index.ts";
import { readSettings } from "../../src/sdk/index.ts";
import { issueToken } from "../../src/tenancy/index.ts";
import { readBlocks, repository } from "../docs/pages.ts";
import { newReader } from "../docs/reader.ts";
import { testLogger } from "../helpers/database.ts";
import { startTestWorker } from "../helpers/worker.ts";

const execute = promisify(execFile);
const page = join(repository, "docs/client.md");

/** A file of docs/client.md. */
export function fileOfPage(name: string): string {
  const block = readBlocks(page).find(({ marks }) => marks.get("file") === name);
  if (block === undefined) throw new Error(`docs/client.md has no file ${name}.`);
  return block.text;
}

/** Runs the scripts of docs/client.md against an API and a worker. @returns the lines that each wrote */
export async function followPage(): Promise<Record<"script" | "careful", string[]>> {
  await using reader = await newReader();
  for (const block of readBlocks(page)) if (block.marks.has("file")) await reader.follow(block);
  const settings = readSettings({
    ...{ NODE_ENV: "test", API_PORT: "0", JWT_SECRET: reader.env.JWT_SECRET, SQL_DIR: "/nonexistent" },
  });
  const logger = testLogger;
  const api = await startApi({ settings, pool: reader.db.pool("api"), logger, extensions: [] });
  try {
    await using _worker = await startTestWorker(reader.db, {
      TASKS_DIR: join(reader.folder, "tasks"),
      ROWLOCK_EVALS: "on",
    });
    const token = await issueToken(settings, { ...reader.organization.member, expiresIn: "1h" });
    const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
    const env = { ...rest, ROWLOCK_URL: api.url, ROWLOCK_TOKEN: token };
    const run = async (file: string) => {
      const { stdout } = await execute(process.execPath, [file], {
        cwd: reader.folder,
        env,
        timeout: 30_000,
      });
      return stdout.trim().split("\n");
    };
    return { script: await run("script.ts"), careful: await run("careful.ts") };
  } finally {
    await api.stop();
  }
}
