import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { repository } from "../tooling/temp-tree.ts";

/** Builds the dashboard if a file of it is newer than what is built. */
export async function buildDashboard(): Promise<void> {
  await promisify(execFile)(process.execPath, ["scripts/web.js", "--when-newer"], { cwd: repository });
}
