import { z } from "zod";

const countSchema = z.number().nullable();
const limitSchema = z.object({
  id: z.string(),
  maxRunning: countSchema,
  rateJobs: countSchema,
  rateMs: countSchema,
  paused: z.boolean(),
});

/** What `rowlock_private.dispatch_policies` returns. */
export const policiesSchema = z.object({
  version: z.number(),
  organizations: z.array(limitSchema.extend({ weight: z.number() })),
  tasks: z.array(limitSchema),
  keys: z.array(z.object({ task: z.string(), limit: z.number() })),
  /** An organization's own; an empty task stands for all. */
  pauses: z.array(z.object({ organization: z.string(), task: z.string() })),
  hands: z.number(),
});
export type Policies = z.infer<typeof policiesSchema>;

/** Slots of a rate: taken by jobs that were not seen to start yet, and by those that started within the interval. */
type Slots = { pending: number; started: { jobs: number; first: number; last: number }[] };
/** Starts within such a part of the interval are counted together, from the last of them. */
const grain = 100;

export type UsedSlots = {
  organization_id: string;
  task: string;
  jobs: number;
  /** Null: not seen to start. */
  started_ms_ago: number | null;
};

export type Limit = {
  weight: number;
  /** Deliveries at once. Each runs its jobs one after the other. */
  maxRunning: number;
  /** Jobs that may be handed over now. */
  rateRoom: number;
  /** Whether a start counts against a rate. */
  rated: boolean;
};

const none: Limit = {
  weight: 1,
  maxRunning: Number.POSITIVE_INFINITY,
  rateRoom: Number.POSITIVE_INFINITY,
  rated: false,
};

/** What organizations, tasks and keys may have at this moment. */
export class Limits {
  #organizations = new Map<string, Policies["organizations"][number]>();
  #tasks = new Map<string, Policies["tasks"][number]>();
  #keys = new Map<string, number>();
  #pauses = new Set<string>();
  readonly #slots = { organization_id: new Map<string, Slots>(), task: new Map<string, Slots>() };
  #ratesWere = "";

  /** @returns whether a rate is another one: then what started before it must be asked for */
  setPolicies({ organizations, tasks, keys, pauses }: Policies): boolean {
    this.#organizations = new Map(organizations.map((policy) => [policy.id, policy]));
    this.#tasks = new Map(tasks.map((policy) => [policy.id, policy]));
    this.#keys = new Map(keys.map(({ task, limit }) => [task, limit]));
    this.#pauses = new Set(pauses.map(({ organization, task }) => pauseName(organization, task)));
    const rates = [...organizations, ...tasks].filter(({ rateMs }) => rateMs !== null);
    const are = rates.map(({ id, rateMs }) => `${id} ${rateMs}`).join();
    const changed = are !== this.#ratesWere;
    this.#ratesWere = are;
    return changed;
  }

  /** Whether any rate is there to be kept. */
  get rates(): boolean {
    return [...this.#organizations.values(), ...this.#tasks.values()].some(
      ({ rateJobs }) => rateJobs !== null,
    );
  }

  organization(id: string): Limit {
    const policy = this.#organizations.get(id);
    const limit =
      policy === undefined
        ? none
        : { ...limitOf(policy, this.#slots.organization_id.get(id)), weight: policy.weight };
    return this.#pauses.has(pauseName(id, "")) ? { ...limit, maxRunning: 0 } : limit;
  }

  task(name: string): Limit {
    const policy = this.#tasks.get(name);
    return policy === undefined ? none : limitOf(policy, this.#slots.task.get(name));
  }

  /** Held back until somebody says otherwise: an operator, or an administrator of the organization. */
  isPaused(organizationId: string, task: string | undefined): boolean {
    return (
      this.#organizations.get(organizationId)?.paused === true ||
      this.#pauses.has(pauseName(organizationId, "")) ||
      (task !== undefined && (this.#tasks.get(task)?.paused === true || this.holdsBack(organizationId, task)))
    );
  }

  /** Whether an organization itself holds a task back. */
  holdsBack(organizationId: string, task: string): boolean {
    return this.#pauses.has(pauseName(organizationId, task));
  }

  /** Deliveries at once for each key of a task in an organization. */
  perKey(task: string): number {
    return this.#keys.get(task) ?? Number.POSITIVE_INFINITY;
  }

  /** Jobs were handed over that count against a rate; until the next look they are counted here. */
  handedOver(organizationId: string, task: string | undefined, jobs: number): void {
    if (this.#organizations.get(organizationId)?.rateJobs != null) {
      slotsOf(this.#slots.organization_id, organizationId).pending += jobs;
    }
    if (task !== undefined && this.#tasks.get(task)?.rateJobs != null) {
      slotsOf(this.#slots.task, task).pending += jobs;
    }
  }

  /** @param whole with all that started within the intervals; else only what was just seen to start */
  noteSlots(rows: readonly UsedSlots[], whole: boolean): void {
    const now = performance.now();
    for (const [by, policies] of [
      ["organization_id", this.#organizations],
      ["task", this.#tasks],
    ] as const) {
      const slots = this.#slots[by];
      if (whole) slots.clear();
      for (const one of slots.values()) one.pending = 0;
      for (const row of rows) {
        const rateMs = policies.get(row[by])?.rateMs;
        if (rateMs === undefined || rateMs === null) continue;
        const one = slotsOf(slots, row[by]);
        if (row.started_ms_ago === null) one.pending += row.jobs;
        else addStarts(one, row.jobs, now - row.started_ms_ago, rateMs);
      }
      for (const [name, one] of slots) {
        const since = now - (policies.get(name)?.rateMs ?? 0);
        one.started = one.started.filter(({ last }) => last > since);
      }
    }
  }
}

const pauseName = (organization: string, task: string) => `${organization} ${task}`;

function slotsOf(all: Map<string, Slots>, name: string): Slots {
  const one = all.get(name) ?? { pending: 0, started: [] };
  all.set(name, one);
  return one;
}

function addStarts({ started }: Slots, jobs: number, at: number, rateMs: number): void {
  const group = started.at(-1);
  if (group === undefined || at < group.first || at > group.first + rateMs / grain) {
    started.push({ jobs, first: at, last: at });
  } else {
    group.jobs += jobs;
    group.last = Math.max(group.last, at);
  }
}

function limitOf(
  { maxRunning, rateJobs, paused }: Policies["tasks"][number],
  slots: Slots | undefined,
): Limit {
  const used = slots === undefined ? 0 : slots.started.reduce((sum, { jobs }) => sum + jobs, slots.pending);
  return {
    weight: 1,
    maxRunning: paused ? 0 : (maxRunning ?? Number.POSITIVE_INFINITY),
    rateRoom: rateJobs === null ? Number.POSITIVE_INFINITY : Math.max(0, rateJobs - used),
    rated: rateJobs !== null,
  };
}
