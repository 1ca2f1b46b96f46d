import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isCompiled, RowlockError } from "../../sdk/index.ts";
import { answerSchema } from "./answer.ts";
import { type Place, preparePlace } from "./place.ts";

const startMs = 90_000;

export type Joined = {
  /** Superuser. */
  url: string;
  /** Does not wait for others to come: settles when the server is gone, or when somebody else still uses it. */
  leave(): Promise<void>;
};

/**
 * The embedded Postgres of the run; its host is started unless it is there. This process holds it, for as long as it
 * lives, and is not kept alive by that.
 * @throws RowlockError DATABASE_UNAVAILABLE
 */
export async function joinHost(): Promise<Joined> {
  const place = await preparePlace();
  let host: ChildProcess | undefined;
  let starts = 0;
  for (const deadline = Date.now() + startMs; Date.now() < deadline; await sleep(20)) {
    const joined = await knock(place);
    if (joined !== undefined) return joined;
    if (host !== undefined && host.exitCode === null && host.signalCode === null) continue;
    // One that lost the race against another ends by itself.
    if (starts === 5) break;
    starts += 1;
    host = await startHost();
  }
  throw new RowlockError(
    "DATABASE_UNAVAILABLE",
    `The embedded Postgres of the tests did not start; ${place.log} may say why. Or set DATABASE_URL to a Postgres 15 to 18.`,
  );
}

async function knock({ socket: path }: Place): Promise<Joined | undefined> {
  const socket = connect(path);
  socket.on("error", () => undefined);
  const line = await new Promise<string | undefined>((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (text.endsWith("\n")) resolve(text);
    });
    socket.once("close", () => resolve(undefined));
  });
  if (line === undefined) return undefined;
  const answer = answerSchema.parse(JSON.parse(line));
  if ("error" in answer) {
    socket.destroy();
    throw new RowlockError("DATABASE_UNAVAILABLE", answer.error);
  }
  socket.unref();
  return { url: answer.url, leave: () => leave(socket) };
}

async function leave(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const closed = once(socket.ref(), "close");
  socket.write("end\n");
  await closed;
}

async function startHost(): Promise<ChildProcess> {
  // Again: the last host may have removed the folder.
  const log = await open((await preparePlace()).log, "a");
  try {
    // In a session of its own: Ctrl-C ends the tests, and the host when it has seen that they ended.
    const host = spawn(process.execPath, [join(import.meta.dirname, isCompiled ? "host.js" : "host.ts")], {
      detached: true,
      stdio: ["ignore", "ignore", log.fd],
    });
    host.on("error", () => undefined);
    host.unref();
    return host;
  } finally {
    await log.close();
  }
}
