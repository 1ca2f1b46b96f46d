import type { Bench } from "../lib/bench.ts";
import type { Peer } from "../peers/index.ts";

export type Column = {
  key: string;
  title: string;
  format(value: number): string;
  /** Shows the value beside Rowlock's as a factor. */
  ratio?: true;
};

/** What one measurement gave, by column key. Infinity: not reached within the time given. */
export type Figures = Record<string, number>;

export type Scenario = {
  id: string;
  title: string;
  /** What was done, and how to read it. */
  note: string;
  columns(quick: boolean): readonly Column[];
  rounds(quick: boolean): number;
  /** Peers left out, with the reason; all take part when not given. */
  leavesOut?(peer: Peer, quick: boolean): string | undefined;
  /** Takes part with the peers' fair settings as well. */
  fair?: true;
  measure(bench: Bench, peer: Peer): Promise<Figures>;
  /** Rows of no peer, measured in each round as well; by the row's name. */
  measureLimits?(bench: Bench): Promise<Record<string, Figures>>;
};

export const perSecond = (value: number) => Math.round(value).toLocaleString("en");
export const milliseconds = (value: number) =>
  value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
export const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
