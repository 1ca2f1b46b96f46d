import { createHash } from "node:crypto";
import { chmod, lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot, packageVersion, RowlockError } from "../../sdk/index.ts";

/** Where the processes of a user that test with this installation of Rowlock meet. */
export type Place = {
  /** Holds everything, the data of servers included. */
  folder: string;
  /** The host listens here. */
  socket: string;
  /** What the host complained of. */
  log: string;
};

/** @throws RowlockError DATABASE_UNAVAILABLE when the folder is somebody else's */
export async function preparePlace(): Promise<Place> {
  const user = process.getuid?.() ?? 0;
  const key = createHash("sha256").update(`${packageRoot} ${packageVersion} ${user}`).digest("hex");
  const folder = join(tmpdir(), `rowlock-testing-${key.slice(0, 12)}`);
  await mkdir(folder, { recursive: true });
  // In a shared temporary folder somebody else may have been there first.
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== user) {
    throw new RowlockError(
      "DATABASE_UNAVAILABLE",
      `The folder ${folder} belongs to somebody else. Remove it, or set DATABASE_URL to a Postgres 15 to 18.`,
    );
  }
  // Passed through by the user nobody, as whom a server of root's may run; sockets and data are closed themselves.
  await chmod(folder, 0o711);
  return { folder, socket: join(folder, "host"), log: join(folder, "host.log") };
}
