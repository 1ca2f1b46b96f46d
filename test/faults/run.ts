import { setTimeout as sleep } from "node:timers/promises";
import { settle, type Trouble } from "./checker.ts";
import { dump } from "./dump.ts";
import type { Fault } from "./fault.ts";
import { kinds } from "./kinds/index.ts";
import { type Random, seeded } from "./random.ts";
import { startWorld, type World } from "./world.ts";

export type RunOptions = {
  seed: number;
  faults: number;
  /** Fewer processes, and each fault brief. */
  short?: boolean;
  /** Kinds to draw from, by a part of their names; all when not given. */
  only?: string | undefined;
  /** Ends the run early, in order. */
  signal?: AbortSignal;
  say?(line: string): void;
};

export type RunResult = { faults: number; jobs: number; longestRecoveryMs: number };

/** The longest time until all is done that was launched before and during a fault. */
const longestRecoveryMs = 60_000;

/**
 * One fault after the other, while several organizations launch. After each, launching pauses until everything has
 * ended, and everything is counted.
 * @throws with the seed, the fault and the rows of the jobs concerned when something is not as it should be
 */
export async function runFaults(options: RunOptions): Promise<RunResult> {
  const { seed, faults, short = false, say = console.log } = options;
  const random = seeded(seed);
  say(`seed ${seed}, ${faults} faults`);
  await using world = await startWorld({ workers: short ? 2 : 3, organizations: short ? 3 : 5, random });
  const deck = draw(random, short, options.only);
  let longest = 0;
  let done = 0;
  for (let number = 1; number <= faults && options.signal?.aborted !== true; number += 1) {
    const { fault, lastsMs } = deck();
    const launched = world.ledger.settled.jobs;
    world.launchers.go();
    await sleep(random.between(100, 600));
    const what = await fault.inflict(world, { lastsMs, random }).catch((cause: Error) => {
      throw new Error(`seed ${seed}, fault ${number}, ${fault.name}, failed itself: ${cause.message}`, {
        cause,
      });
    });
    const healed = performance.now();
    await sleep(300);
    await world.launchers.pause();
    const troubles = [...(await settle(world, longestRecoveryMs)), ...ownEnds(world)];
    const took = performance.now() - healed;
    longest = Math.max(longest, took);
    const line = `${String(number).padStart(3)}  ${fault.name}: ${what}`;
    if (troubles.length > 0) throw new Error(await complaint(world, `seed ${seed}, fault ${line}`, troubles));
    say(
      `${line.padEnd(90)} ${world.ledger.settled.jobs - launched} jobs, recovered in ${(took / 1000).toFixed(1)} s`,
    );
    done = number;
    await Promise.all([world.api, ...world.workers].map((service) => service.ready()));
  }
  return { faults: done, jobs: world.ledger.settled.jobs, longestRecoveryMs: Math.round(longest) };
}

/** Draws like cards from a deck, which is shuffled again when it is used up: every kind has its turn. */
function draw(
  random: Random,
  short: boolean,
  only: string | undefined,
): () => { fault: Fault; lastsMs: number } {
  const all = kinds.filter(({ name }) => only === undefined || name.includes(only));
  if (all.length === 0)
    throw new Error(`No fault is named like "${only}": ${kinds.map(({ name }) => name).join(", ")}`);
  const known = new Set<Fault>();
  let deck: Fault[] = [];
  return () => {
    if (deck.length === 0) deck = random.shuffled(all);
    const fault = deck.shift() ?? random.pick(all);
    const { short: brief, usual, first } = fault.lasts;
    const lastsMs = short
      ? brief
      : first !== undefined && !known.has(fault)
        ? first
        : random.between(usual[0], usual[1]);
    known.add(fault);
    return { fault, lastsMs };
  };
}

/** Whatever happens to its surroundings, a process of ours never ends by itself. */
function ownEnds({ workers, api }: World): Trouble[] {
  return [...workers, api].flatMap(({ ownEnds }) => ownEnds.map((what) => ({ what, keys: [] })));
}

async function complaint(world: World, where: string, troubles: readonly Trouble[]): Promise<string> {
  const keys = troubles.flatMap((trouble) => trouble.keys);
  return [where, ...troubles.map(({ what }) => what), await dump(world, keys)].join("\n");
}
