import type { toMatch } from "./filters.ts";

/** What is to be done with many jobs at once, and with which. */
export type Bulk = {
  verb: "Retry" | "Cancel";
  match: ReturnType<typeof toMatch> | { ids: string[]; states: string[] };
};
