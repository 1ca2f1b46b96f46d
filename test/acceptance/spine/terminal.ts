import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A terminal in a folder: commands run one after the other and keep the shell's variables, as a reader's do; others
 * run beside them until they are stopped.
 */
export class Terminal {
  readonly #folder: string;
  readonly #variables: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #background: { command: string; child: ChildProcess; output: string[] }[] = [];

  /** @param scratch a folder for the terminal's own file */
  constructor(folder: string, scratch: string, settings: Record<string, string>) {
    this.#folder = folder;
    this.#variables = join(scratch, "variables.sh");
    this.#environment = { ...ofAReader(process.env), ...settings };
  }

  /** @returns what it wrote to stdout. @throws with all it wrote when it fails */
  async run(command: string): Promise<string> {
    const script = `set -euo pipefail; [ ! -e "$1" ] || . "$1"; set -a; ${command}\nexport -p > "$1"`;
    const child = spawn("bash", ["-c", script, "bash", this.#variables], this.#options(false));
    const output: string[] = [];
    let answer = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      answer += chunk.toString();
      output.push(chunk.toString());
    });
    child.stderr?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0)
      throw new Error(`\`${command.trim()}\` ended with ${code}:\n${output.join("")}${this.log()}`);
    return answer;
  }

  start(command: string): void {
    const child = spawn("bash", ["-c", command], this.#options(true));
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
    }
    this.#background.push({ command, child, output });
  }

  /** Sends SIGTERM to all that runs, and waits until every process of it has ended. */
  async stop(): Promise<void> {
    for (const { child } of this.#background.toReversed()) {
      if (!signal(child, "SIGTERM")) continue;
      for (const deadline = Date.now() + 30_000; signal(child, 0); await sleep(50)) {
        if (Date.now() > deadline) signal(child, "SIGKILL");
      }
    }
    this.#background.length = 0;
  }

  /** What the running commands wrote so far. */
  log(): string {
    return this.#background
      .map(({ command, output }) => `--- ${command.trim()}\n${output.join("")}`)
      .join("");
  }

  #options(detached: boolean) {
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    return { cwd: this.#folder, env: this.#environment, detached, stdio };
  }
}

/** To the whole group: npx, its shell and the program itself, as a terminal does. False when none is left. */
function signal(child: ChildProcess, name: NodeJS.Signals | 0): boolean {
  try {
    return child.pid !== undefined && process.kill(-child.pid, name);
  } catch {
    return false;
  }
}

/** A reader's environment: nothing of ours or of the npm that may have started this, and the machine's own Node. */
function ofAReader(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours =
    /^(npm_(lifecycle|package|command|execpath|node_execpath|config_(local_|global_)?prefix)|INIT_CWD$|NODE|ROWLOCK_|.*DATABASE_URL$|.*_(PORT|DIR)$)/;
  const kept = Object.entries(env).filter(([name]) => !ours.test(name));
  const path = (env.PATH ?? "").split(":").filter((folder) => !folder.includes("node_modules"));
  return { ...Object.fromEntries(kept), PATH: path.join(":") };
}
