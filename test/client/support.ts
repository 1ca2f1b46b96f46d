import { join } from "node:path";
import type { ApiExtension } from "../../src/api/index.ts";
import { type Client, type ClientOptions, createClient } from "../../src/client/index.ts";
import type { TestWorker } from "../../src/testing/index.ts";
import { startWorld, type World } from "../api/support.ts";
import { startTestWorker } from "../helpers/worker.ts";
import type { Tasks } from "./tasks.ts";

export type TypedClient = ReturnType<typeof typedClient>;

export function typedClient(options: ClientOptions) {
  return createClient<Tasks>(options);
}

export type Scene = { world: World; worker: TestWorker; client: TypedClient; stop(): Promise<void> };

/** An API, a worker with the tasks beside this file, and a client of a member. */
export async function startScene(options: { extensions?: ApiExtension[] } = {}): Promise<Scene> {
  const world = await startWorld(options);
  const tasks = join(import.meta.dirname, "tasks");
  const worker = await startTestWorker(world.db, { TASKS_DIR: tasks, ROWLOCK_EVALS: "on" });
  const client = typedClient({ url: world.api.url, token: world.north.member.token });
  return {
    world,
    worker,
    client,
    async stop() {
      await worker.stop();
      await world.stop();
    },
  };
}

/** Lets the task `count` take a step. */
export async function letStep(world: World, title: string): Promise<void> {
  await world.asOwner("insert into app.notes (organization_id, title) values ($1, $2)", [
    world.north.id,
    title,
  ]);
}

/** The error with which something rejects. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

export type { Client };
