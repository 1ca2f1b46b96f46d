import { seeded } from "../faults/random.ts";
import { type Asked, type FakeModels, serveModels } from "./fake-models/index.ts";

const faults = ["busy", "broken", "cut", "no JSON", "no verdict"] as const;

export type HalfDown = FakeModels & {
  /** Calls that failed, by how. */
  failed: Record<(typeof faults)[number], number>;
};

/** What a judge is shown. */
export type Shown = { input: string; output: string; expected?: string };

/**
 * A judge in OpenAI's format, of whose calls half fail. Which and how is decided by the seed, the question and how often
 * that was asked; so it is the same in whatever order the questions come.
 * @param isRight what it says when it says something: a score of 10 or 1
 */
export async function serveHalfDown(seed: number, isRight: (shown: Shown) => boolean): Promise<HalfDown> {
  const times = new Map<string, number>();
  const failed = Object.fromEntries(faults.map((fault) => [fault, 0])) as HalfDown["failed"];
  const next = ({ turns }: Asked) => {
    const question = turns[0] ?? "";
    const asked = (times.get(question) ?? 0) + 1;
    times.set(question, asked);
    const random = seeded(seed).fork(`${asked} ${question}`);
    random.next();
    if (!random.chance(0.5)) return null;
    const fault = random.pick(faults);
    failed[fault] += 1;
    return fault;
  };
  let fault: ReturnType<typeof next> = null;
  const fake = await serveModels(({ turns }) => {
    if (fault === "no verdict") return '{"score":"high"}';
    const right = isRight(JSON.parse(turns[0] ?? "") as Shown);
    return JSON.stringify({ score: right ? 10 : 1, reason: right ? "As expected." : "Something else." });
  });
  fake.fault = (asked) => {
    fault = next(asked);
    switch (fault) {
      case "busy":
        return { status: 429, headers: { "retry-after": "1" } };
      case "broken":
        return { status: 500 };
      case "cut":
        return "cut";
      case "no JSON":
        return "no-json";
      default:
        return null;
    }
  };
  return Object.assign(fake, { failed });
}
