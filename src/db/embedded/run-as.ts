import { execFile, type SpawnOptions } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const nobody = 65534;

/**
 * How Postgres is started; it refuses to run as root.
 * - direct: we are not root
 * - namespace: root, in a user namespace of its own where root is called nobody; files stay root's and
 *   work below a home nobody else may enter
 * - nobody: root where user namespaces are forbidden (many containers); runs as the real nobody
 */
export type RunAs = "direct" | "namespace" | "nobody";

const namespaceArgs = ["--user", `--map-user=${nobody}`, `--map-group=${nobody}`, "--"];

/** Picks the first way that works here. */
export async function chooseRunAs(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return "direct";
  return run("unshare", [...namespaceArgs, "true"]).then(
    () => "namespace",
    () => "nobody",
  );
}

/** The user id that must own Postgres' files, seen from here; undefined: whoever we are. */
export function ownerOf(runAs: RunAs): number | undefined {
  return { direct: undefined, namespace: 0, nobody }[runAs];
}

/** Command, arguments and spawn options that run `binary` in the chosen way. The process keeps its pid. */
export function commandFor(
  runAs: RunAs,
  binary: string,
  args: string[],
): { command: string; args: string[]; options: SpawnOptions } {
  // PGPORT, PGDATA and their like steer the server too; only ours may.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PG")));
  const options = { cwd: "/", env: { ...env, LC_ALL: "C" } };
  if (runAs === "namespace")
    return { command: "unshare", args: [...namespaceArgs, binary, ...args], options };
  if (runAs === "nobody") return { command: binary, args, options: { ...options, uid: nobody, gid: nobody } };
  return { command: binary, args, options };
}
