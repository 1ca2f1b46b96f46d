import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** Something bad that happens. */
export type Fault = {
  name: string;
  /** How long it lasts, in milliseconds: in the short form, usually, and the first time in a full run. */
  lasts: { short: number; usual: readonly [least: number, most: number]; first?: number };
  /** Does it and takes away what would not go by itself; says in a few words what exactly was done. */
  inflict(world: World, how: { lastsMs: number; random: Random }): Promise<string>;
};
