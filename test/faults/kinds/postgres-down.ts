import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "../fault.ts";

/** Postgres is away for a while. */
export const postgresDown: Fault = {
  name: "Postgres down",
  lasts: { short: 2_000, usual: [500, 4_000], first: 30_000 },
  async inflict({ server }, { lastsMs }) {
    await server.stop();
    await sleep(lastsMs);
    await server.start();
    return `for ${(lastsMs / 1000).toFixed(1)} s`;
  },
};
