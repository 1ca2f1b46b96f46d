import assert from "node:assert/strict";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { reply } from "../../../evals/bot.ts";
import { type EvalsScene, evalsSceneOf } from "../../../web/evals-scene.ts";
import { cancelThousand } from "./cancel-thousand.ts";
import { pauseOne } from "./pause-one.ts";
import { runTests } from "./run-tests.ts";
import { scheduleFires } from "./schedule-fires.ts";

/** Where tasks lie that the walks launch beside test runs. */
export const tasks = join(import.meta.dirname, "../../../web/tasks");

/** Whether the product under test has been mended. */
export type Product = { mended: boolean };

/**
 * What people do in the dashboard, one after another in a real browser, signed in by hand: test runs, many jobs cancelled,
 * a schedule, a pause. @returns what was seen, as one line
 */
export async function walkDashboard(t: TestContext): Promise<string> {
  const product: Product = { mended: false };
  const scene = await evalsSceneOf(t, (input, response) => answer(product, input, response), {
    TASKS_DIR: tasks,
  });
  const seen: string[] = [];
  for (const walk of [runTests, cancelThousand, scheduleFires, pauseOne]) {
    seen.push(await walk(scene, product));
    assert.deepEqual(scene.faults, []);
  }
  return `${seen.join("; ")}; no error on any console`;
}

export type Walk = (scene: EvalsScene, product: Product) => Promise<string>;

/** Wrong about every eighth, broken at every twelfth, until it is mended. */
async function answer(product: Product, input: string, response: Parameters<typeof reply>[0]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 250));
  const number = Number(/\d+/.exec(input)?.[0]);
  if (!product.mended && number % 12 === 5) return reply(response, { error: "out of memory" }, 500);
  reply(response, { output: !product.mended && number % 8 === 3 ? "I do not know" : input });
}
