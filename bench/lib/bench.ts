import type { Postgres } from "./servers.ts";

/** What one run of the bench has. */
export type Bench = {
  /** A short run, to see that all is in order; its figures are rough. */
  quick: boolean;
  /** Rowlock's own folder, removed at the end. */
  folder: string;
  postgres: Postgres;
  /** Where the stamp tasks write; read by the latency scenario. */
  latencyFile: string;
};

/** Organizations of a run: stable ids, so that peers and Rowlock name the same. */
export function organizations(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const tail = (index + 1).toString(16).padStart(12, "0");
    return `0199aaaa-0000-7000-8000-${tail}`;
  });
}
