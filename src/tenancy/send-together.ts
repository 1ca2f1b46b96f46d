import type { Socket } from "node:net";
import type { PoolClient } from "pg";

/**
 * What is sent until the microtasks are through goes out in one write: each write wakes the server, which would else
 * begin with what is only the preparation of the next statement.
 */
export function sendTogether(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
