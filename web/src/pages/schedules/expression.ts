import cronstrue from "cronstrue";

/** A cron expression in plain words; the expression itself when it cannot be read. */
export function inWords(expression: string): string {
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true });
  } catch {
    return expression;
  }
}

/** A moment as the schedule's time zone has it: `Mon 7 Dec, 06:30`. */
export function inZone(at: string, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
  }).format(new Date(at));
}

export const timeZones: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone")].filter(
  (zone, index, all) => all.indexOf(zone) === index,
);
