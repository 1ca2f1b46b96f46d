/**
 * A process of its own that holds the embedded Postgres of a run: started by whichever test process comes first, found
 * by the others, and gone when none of them has been there for a while, however they ended.
 */
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm, rmdir, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { isAlive, startEmbedded } from "../../db/index.ts";
import type { Answer } from "./answer.ts";
import { preparePlace } from "./place.ts";
import { quickSettings } from "./settings.ts";

/** Longer than it takes from one test file's end to the next one's beginning. */
const lingerMs = 5_000;

const { folder, socket, log } = await preparePlace();
const clients = new Set<Socket>();
const answer = Promise.withResolvers<Answer>();
const gone = Promise.withResolvers<void>();
let alone: NodeJS.Timeout | undefined;
let serves = false;

// Before anybody can come: a connection that nobody hears of is taken all the same.
const server = createServer(greet);
if (await listens(server)) await serve();

function greet(client: Socket): void {
  clients.add(client);
  clearTimeout(alone);
  client.on("error", () => undefined);
  client.on("close", () => {
    clients.delete(client);
    linger();
  });
  // Whoever says anything wants no lingering, and waits for the end.
  client.on("data", () => {
    clients.delete(client);
    if (clients.size === 0) gone.resolve();
    else client.end();
  });
  void answer.promise.then((known) => client.write(`${JSON.stringify(known)}\n`));
}

function linger(): void {
  clearTimeout(alone);
  if (serves && clients.size === 0) alone = setTimeout(gone.resolve, lingerMs);
}

async function serve(): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => gone.resolve());
  await removeLeftovers();
  const dataDir = await mkdtemp(join(folder, `${process.pid}-`));
  await chmod(dataDir, 0o711);
  const started = await startEmbedded({ dataDir, settings: quickSettings }).catch((error: Error) => error);
  if (started instanceof Error) {
    answer.resolve({ error: started.message });
    server.close();
    await Promise.all([...clients].map((client) => once(client.end(), "finish")));
  } else {
    answer.resolve({ url: started.url });
    serves = true;
    linger();
    await gone.promise;
    // From here on newcomers find nobody, and start a host of their own.
    server.close();
    await started.stop();
    await rm(log, { force: true });
  }
  await rm(dataDir, { recursive: true, force: true });
  // Another host may be there by now.
  await rmdir(folder).catch(() => undefined);
  process.exit(0);
}

/** @returns whether this process is the host; false when another one is */
async function listens(server: Server): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    server.listen(socket);
    const failure = await once(server, "listening").then(
      () => undefined,
      (error: Error) => error,
    );
    if (failure === undefined) return true;
    if (attempt > 3) throw failure;
    if (await answers()) return false;
    // Left behind by one that was killed.
    await unlink(socket).catch(() => undefined);
  }
}

async function answers(): Promise<boolean> {
  const client = connect(socket);
  const reached = await once(client, "connect").then(
    () => true,
    () => false,
  );
  client.destroy();
  return reached;
}

/** Servers of hosts that were killed: each is taken over, stopped and removed. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1]);
    if (!Number.isInteger(pid) || (await isAlive(pid))) continue;
    const dataDir = join(folder, name);
    // A cluster that was being made has no server yet.
    if ((await readdir(dataDir)).includes("pgdata")) {
      await startEmbedded({ dataDir })
        .then((postgres) => postgres.stop())
        .catch(() => undefined);
    }
    await rm(dataDir, { recursive: true, force: true });
  }
}
