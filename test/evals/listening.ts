import { once } from "node:events";
import type { Server } from "node:http";

/** Starts a server on a free port of this machine. */
export async function listening(server: Server): Promise<AsyncDisposable & { url: string }> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}/ask`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
