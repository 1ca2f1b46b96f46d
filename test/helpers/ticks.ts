const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * When an expression of two fields, minute and hour, ticks in [from, to], found without a cron library: by reading each
 * minute's local time. Fields: a star, a star with a step, or numbers with commas. A fixed time that the clocks leave out ticks at the end of
 * the gap, one that they repeat ticks at its first; with a `*` or a step every minute that fits ticks.
 */
export function ticksByHand(expression: string, timeZone: string, from: Date, to: Date): string[] {
  const [minute = "*", hour = "*"] = expression.split(" ");
  const wild = /[*/]/.test(minute + hour);
  const local = readLocal(timeZone);
  const ticks: string[] = [];
  const seen = new Set<number>();
  const fits = (at: number) =>
    fieldFits(hour, Math.floor((at % dayMs) / (60 * minuteMs))) &&
    fieldFits(minute, Math.floor((at % (60 * minuteMs)) / minuteMs));
  // A day before: what the clocks repeat may have been seen already.
  let before = local(from.getTime() - dayMs - minuteMs);
  for (let utc = from.getTime() - dayMs; utc <= to.getTime(); utc += minuteMs) {
    const here = local(utc);
    let tick = fits(here) && (wild || !seen.has(here));
    if (fits(here)) seen.add(here);
    // The clocks were put forward at this minute: what lay between ticks now.
    for (let left = before + minuteMs; !wild && left < here; left += minuteMs) tick ||= fits(left);
    before = here;
    if (tick && utc >= from.getTime()) ticks.push(new Date(utc).toISOString());
  }
  return ticks;
}

function fieldFits(field: string, value: number): boolean {
  if (field === "*") return true;
  const step = /^\*\/(\d+)$/.exec(field)?.[1];
  if (step !== undefined) return value % Number(step) === 0;
  return field.split(",").some((one) => Number(one) === value);
}

/** The local time of a moment, as milliseconds that would be that time in UTC. */
function readLocal(timeZone: string): (utc: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (utc) => {
    const parts = Object.fromEntries(
      format.formatToParts(utc).map(({ type, value }) => [type, Number(value)]),
    );
    return Date.UTC(parts.year ?? 0, (parts.month ?? 1) - 1, parts.day, parts.hour, parts.minute);
  };
}
