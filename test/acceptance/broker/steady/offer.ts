import { setTimeout as sleep } from "node:timers/promises";
import { type Member, withTenant } from "../../../../src/tenancy/index.ts";
import type { SteadyService } from "./service.ts";

export const rate = 800;
export const organizations = 20;
/** Connections that launch, each for its share of the organizations. */
export const lanes = 4;

const everyMs = 100;
const jobsEach = (rate * everyMs) / 1000 / organizations;
const payloads = Array.from({ length: jobsEach }, () => JSON.stringify({ text: "x".repeat(1_000) }));
/** A lane that was held up this long lets go what it missed: the server was away. */
const giveUpMs = 2_000;

export type Offer = { stop(): Promise<{ refused: number }> };

/**
 * Launches 800 jobs of 1 KB a second, a few of each organization in a transaction, by the clock: what is late is made up
 * for at once, so the rate does not fall when launches get slow.
 */
export function offer(service: SteadyService, members: readonly Member[]): Offer {
  const stopping = new AbortController();
  let refused = 0;
  const lane = async (mine: readonly Member[]) => {
    const began = performance.now();
    for (let done = 0; !stopping.signal.aborted; ) {
      const due = Math.floor((performance.now() - began) / everyMs);
      if (done >= due) {
        await sleep(everyMs / 4);
        continue;
      }
      if (due - done > giveUpMs / everyMs) done = due - 1;
      done += 1;
      for (const member of mine) {
        try {
          await withTenant(service.launches, member, (tx) =>
            tx.query({
              name: "offer",
              text: "select rowlock.launch_jobs('letter', $1)",
              values: [payloads],
            }),
          );
        } catch {
          refused += 1;
          await sleep(20);
        }
      }
    }
  };
  const running = Promise.all(
    Array.from({ length: lanes }, (_, index) => lane(members.filter((_member, at) => at % lanes === index))),
  );
  return {
    async stop() {
      stopping.abort();
      await running;
      return { refused };
    },
  };
}
