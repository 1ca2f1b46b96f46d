import { spawn } from "node:child_process";
import { delimiter, isAbsolute, join } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** One thing CI runs. `examined` reads from its output how much it looked at: nothing is a failure too. */
export type Step = {
  name: string;
  command: readonly [string, ...string[]];
  unit: string;
  examined(output: string): number;
  /** Lines worth showing; all when left out. */
  shows?(line: string): boolean;
  /** Shown while it runs, for the step that takes minutes. */
  live?: true;
};

export type StepResult = { ok: boolean; examined: number; seconds: number; output: string };

const node = process.execPath; // The Node that npm put first, not the one that a bin's first line finds.
const firstNumber = (pattern: RegExp) => (output: string) => Number(pattern.exec(output)?.[1] ?? 0);
const ownFile = (line: string) => isAbsolute(line) && !/[\\/]node_modules[\\/]/.test(line);

/** What `npm run check` and CI run, in this order: the quick ones first. */
export const steps: readonly Step[] = [
  {
    name: "types",
    command: [node, "node_modules/typescript/bin/tsc", "--noEmit", "--listFiles", "--pretty", "false"],
    unit: "files",
    examined: (output) => output.split("\n").filter(ownFile).length,
    shows: (line) => !isAbsolute(line),
  },
  {
    name: "web types",
    command: [
      node,
      "node_modules/typescript/bin/tsc",
      ...["-p", "web/tsconfig.json", "--noEmit", "--listFiles", "--pretty", "false"],
    ],
    unit: "files",
    examined: (output) => output.split("\n").filter(ownFile).length,
    shows: (line) => !isAbsolute(line),
  },
  {
    name: "graphql-types",
    command: [node, "scripts/graphql-types.ts", "--check"],
    unit: "operations",
    examined: firstNumber(/Checked (\d+) operations/),
  },
  {
    name: "lint",
    command: [
      node,
      "node_modules/@biomejs/biome/bin/biome",
      "ci",
      ".",
      "--error-on-warnings",
      "--colors=off",
    ],
    unit: "files",
    examined: firstNumber(/Checked (\d+) files?/),
  },
  {
    name: "layers",
    command: [node, "scripts/layers.ts"],
    unit: "modules",
    examined: firstNumber(/Checked (\d+) modules/),
  },
  {
    name: "settings",
    command: [node, "scripts/settings.ts", "--check"],
    unit: "settings",
    examined: firstNumber(/Checked (\d+) settings/),
  },
  {
    name: "dump",
    command: [node, "scripts/dump-schema.ts", "--check"],
    unit: "objects",
    examined: firstNumber(/Checked (\d+) objects/),
  },
  {
    name: "tests",
    command: ["npm", "test"],
    unit: "tests",
    // Passed ones: those that were skipped examined nothing.
    examined: firstNumber(/^ℹ pass (\d+)/m),
    live: true,
  },
];

/** Runs one step in `root`. Never rejects: a command that cannot start has failed like one that ended badly. */
export async function runStep(step: Step, root: string): Promise<StepResult> {
  const started = performance.now();
  const { code, output } = await run(step, root);
  const examined = step.examined(stripVTControlCharacters(output));
  const seconds = (performance.now() - started) / 1000;
  const shown = output.split("\n").filter((line) => step.shows?.(line) ?? true);
  return { ok: code === 0 && examined > 0, examined, seconds, output: shown.join("\n").trim() };
}

function run({ command, live }: Step, root: string): Promise<{ code: number | null; output: string }> {
  const [program, ...args] = command;
  const path = [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    if (live === true) process.stdout.write(chunk);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((resolve) => {
    child.once("error", (error) => resolve({ code: null, output: `${output}${error.message}\n` }));
    child.once("close", (code) => resolve({ code, output }));
  });
}
