/**
 * Which way the arrows run. A layer is a folder (or a single file) of `src`, or a folder beside it; it may import
 * the faces of the layers named in `may`, and nothing else of ours. Each line says why it is so.
 */
export type Layer = { name: string; may: readonly string[]; why: string };

const ground = ["sdk", "log"] as const;
const kernel = [...ground, "db", "tenancy", "jobs"] as const;

export const layers: readonly Layer[] = [
  { name: "sdk", may: [], why: "the ground: API, worker, tasks and customers' code all stand on it" },
  { name: "log", may: ["sdk"], why: "everything may log, so logging may need nothing but settings" },
  { name: "db", may: ground, why: "connections and migrations know of no tenant and of no job" },
  {
    name: "tenancy",
    may: [...ground, "db"],
    why: "the one maker of tenant transactions must not depend on what runs inside them",
  },
  {
    name: "jobs",
    may: [...ground, "db", "tenancy"],
    why: "the kernel has no word of the application: deleting evals leaves it whole",
  },
  {
    name: "evals",
    may: [...kernel, "api"],
    why: "the application stands on the kernel and mounts into the API's face; the worker only meets its tasks",
  },
  {
    name: "api",
    may: kernel,
    why: "the API runs without a worker beside it, and learns of tasks from the catalogue",
  },
  {
    name: "worker",
    may: kernel,
    why: "the worker runs without the API, and finds tasks by path at run time",
  },
  {
    name: "testing",
    may: [...kernel, "worker"],
    why: "what tests of tasks stand on runs them as workers do; it needs no API and no application",
  },
  { name: "client", may: ["sdk"], why: "customers' programs must not drag the kernel in" },
  {
    name: "cli",
    may: [...kernel, "evals", "api", "worker", "client"],
    why: "the one place that puts the parts together",
  },
  {
    name: "index",
    may: [...kernel, "api", "worker", "client"],
    why: "the package's public face; the application can be removed from under it",
  },
  {
    name: "graphile.config",
    may: [...kernel, "worker", "index"],
    why: "the stock graphile-worker command reads it; it is the worker under another start",
  },
  {
    name: "tasks",
    may: [...ground, "tenancy", "jobs", "evals", "index"],
    why: "a task gets its transactions from its context; a pool or a server of its own would have no tenant",
  },
  { name: "web", may: [], why: "the dashboard talks HTTP only" },
];

/** Nothing imports these: what is here is loaded by path at run time, or is built and served as files. */
export const neverImported: Readonly<Record<string, string>> = {
  tasks: "src never imports tasks/: they are loaded by path at run time, so that customers bring their own",
  web: "the dashboard is built and served as files; nothing imports it",
  testing: "the kit for tests is imported by tests; what runs in production must not need it",
  cli: "the command line is the top; what two commands share belongs below it",
  "graphile.config": "the stock graphile-worker command reads it; nothing else does",
};

/** The layer of a file, by its path from the repository's root; undefined for a file outside all layers. */
export function layerOf(file: string): string | undefined {
  const [top = "", second] = file.split("/");
  if (second === undefined) return top === "graphile.config.ts" ? "graphile.config" : undefined;
  if (top === "tasks" || top === "web") return top;
  return top === "src" ? second.replace(/\.ts$/, "") : undefined;
}

/** The file by which others import a layer: its `index.ts`, or the file itself when the layer is one file. */
export function isFace(file: string, layer: string): boolean {
  return [`src/${layer}/index.ts`, `src/${layer}.ts`].includes(file);
}
