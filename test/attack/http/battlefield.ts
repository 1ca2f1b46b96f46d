import { evalsExtension } from "../../../src/evals/index.ts";
import { issueToken } from "../../../src/tenancy/index.ts";
import { type Person, startWorld, type World } from "../../api/support.ts";
import { type Arena, lookAround, prepareArena } from "../arena.ts";
import type { Side } from "../side.ts";

export type Battlefield = {
  world: World;
  arena: Arena;
  as(side: Side, role: keyof Side["users"]): Promise<Person>;
  /** Everything that is south's, as text: the same before and after, if no attack did anything. */
  everythingOfSouth(): Promise<string>;
  /** What the API logged so far, as text. */
  log(): string;
  stop(): Promise<void>;
};

/** An API over a database with two organizations full of canaries. */
export async function startBattlefield(
  env: Record<string, string> = {},
  { ops = false }: { ops?: boolean } = {},
): Promise<Battlefield> {
  const extensions = [evalsExtension({ ALLOW_INTERNAL_ADDRESSES: [] })];
  const world = await startWorld({ env, extensions, ops });
  const arena = await prepareArena(world.db);
  return {
    world,
    arena,
    async as(side, role) {
      const who = { userId: side.users[role], organizationId: side.id };
      return { ...who, token: await issueToken(world.settings, { ...who, expiresIn: "1h" }) };
    },
    async everythingOfSouth() {
      const { targets } = await lookAround(world.db, arena);
      return JSON.stringify(
        targets.map(({ name, foreign }) => [name, foreign.map((row) => JSON.stringify(row)).sort()]),
      );
    },
    log: () => JSON.stringify(world.logged()),
    stop: () => world.stop(),
  };
}
