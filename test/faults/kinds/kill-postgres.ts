import type { Fault } from "../fault.ts";

/** SIGKILL of the postmaster; its sessions find out by themselves. Started again at once. */
export const killPostgres: Fault = {
  name: "kill -9 of Postgres",
  lasts: { short: 0, usual: [0, 0] },
  async inflict({ server }) {
    const killed = performance.now();
    server.kill();
    await server.start();
    return `back after ${Math.round(performance.now() - killed)} ms`;
  },
};
