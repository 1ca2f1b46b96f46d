import { asAdmin, type DispatchTick, type SteadyService } from "./service.ts";

/** Seconds over which a rate is taken. */
export const windowSeconds = 5;

export type Second = { at: number; launched: number; ended: number };

/** A stretch of time; in milliseconds since 1970. */
export type Phase = { name: string; from: number; to: number };

export type PhaseFigures = {
  name: string;
  /** Jobs a second. */
  offered: number;
  ended: number;
  /** The worst window: what ended, as a part of what was offered in it. */
  worst: number;
  /** How long a tick of the dispatcher took, in milliseconds. */
  dispatchP50: number;
  dispatchP99: number;
  /** From launch to start, in milliseconds. */
  waitP50: number;
  waitP99: number;
};

/** What was launched and what ended in each second, from the rows themselves. */
export async function bySecond(service: SteadyService): Promise<Second[]> {
  return await asAdmin(service, async (client) => {
    const { rows } = await client.query<{ at: number; launched: number; ended: number }>(`
      with launched as (
        select floor(extract(epoch from rowlock.moment_of(id)))::int as at, count(*)::int as n from rowlock.job group by 1),
      ended as (select floor(extract(epoch from finished_at))::int as at, count(*)::int as n from rowlock.job_end group by 1)
      select s.at, coalesce(l.n, 0) as launched, coalesce(e.n, 0) as ended
      from (select generate_series(min(at), max(at)) as at from (select at from launched union select at from ended) b) s
      left join launched l using (at) left join ended e using (at) order by 1`);
    return rows;
  });
}

/** The figures of phases; of a phase's edges only whole seconds count. */
export async function figuresOf(
  service: SteadyService,
  phases: readonly Phase[],
  seconds: readonly Second[],
  ticks: readonly DispatchTick[],
): Promise<PhaseFigures[]> {
  return await asAdmin(service, async (client) => {
    const figures: PhaseFigures[] = [];
    for (const { name, from, to } of phases) {
      const mine = seconds.filter(({ at }) => at * 1_000 >= from && (at + 1) * 1_000 <= to);
      const { rows } = await client.query<{ p50: number; p99: number }>(
        `select percentile_disc(0.5) within group (order by ms) as p50, percentile_disc(0.99) within group (order by ms) as p99
         from (select 1000 * extract(epoch from started_at - rowlock.moment_of(id))::float8 as ms from rowlock.job_end
               where id between rowlock_private.uuid_at(to_timestamp($1)) and rowlock_private.uuid_at(to_timestamp($2))) w`,
        [from / 1_000, to / 1_000],
      );
      const took = ticks.filter(({ at }) => at >= from && at <= to).map(({ ms }) => ms);
      figures.push({
        name,
        offered: sum(mine, "launched") / mine.length,
        ended: sum(mine, "ended") / mine.length,
        worst: worstWindow(mine),
        dispatchP50: percentile(took, 0.5),
        dispatchP99: percentile(took, 0.99),
        waitP50: rows[0]?.p50 ?? Number.NaN,
        waitP99: rows[0]?.p99 ?? Number.NaN,
      });
    }
    return figures;
  });
}

/** Seconds after a moment until a window begins in which the rate is at least this. */
export function secondsUntil(seconds: readonly Second[], moment: number, least: number): number {
  const first = seconds.findIndex(({ at }) => at * 1_000 >= moment);
  for (let index = first; index >= 0 && index + windowSeconds <= seconds.length; index += 1) {
    const window = seconds.slice(index, index + windowSeconds);
    if (sum(window, "ended") / windowSeconds >= least) return (window[0]?.at ?? 0) - moment / 1_000;
  }
  return Number.POSITIVE_INFINITY;
}

/** Jobs that ended in each second after a moment. */
export function endedAfter(seconds: readonly Second[], moment: number, count: number): number[] {
  return seconds
    .filter(({ at }) => at * 1_000 >= moment)
    .slice(0, count)
    .map(({ ended }) => ended);
}

function worstWindow(seconds: readonly Second[]): number {
  let worst = Number.POSITIVE_INFINITY;
  for (let index = 0; index + windowSeconds <= seconds.length; index += 1) {
    const window = seconds.slice(index, index + windowSeconds);
    worst = Math.min(worst, sum(window, "ended") / sum(window, "launched"));
  }
  return worst;
}

function sum(seconds: readonly Second[], what: "launched" | "ended"): number {
  return seconds.reduce((total, second) => total + second[what], 0);
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
}
