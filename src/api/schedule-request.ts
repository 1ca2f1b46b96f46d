import { z } from "zod";
import { bounds } from "../sdk/index.ts";

const fields = {
  name: z.string().min(1).max(200).describe("Once in an organization"),
  task: z.string().min(1).max(100).describe("Name of a task in the catalogue"),
  payload: z.unknown().optional().describe("Checked against the task's input schema; {} if not given"),
  expression: z
    .string()
    .min(1)
    .max(200)
    .describe(
      "Five fields of cron (minute, hour, day, month, weekday), or @hourly, @daily, @weekly, @monthly, @yearly",
    ),
  timeZone: z.string().min(1).max(100).optional().describe("Such as Europe/Berlin; UTC if not given"),
  catchUp: z
    .enum(["skip", "last", "all"])
    .optional()
    .describe("Ticks that passed while no worker was there: none, the latest (default) or all of them"),
  overlap: z
    .enum(["allow", "skip"])
    .optional()
    .describe(
      "skip: a tick launches nothing while the job of an earlier one is unfinished; allow if not given",
    ),
  priority: z
    .int()
    .min(bounds.priority.min)
    .max(bounds.priority.max)
    .optional()
    .describe("Of its jobs; 10 if not given: they give way to those of everybody that have none"),
  enabled: z.boolean().optional().describe("true if not given"),
};

/** A schedule, as REST and GraphQL take it. */
export const scheduleRequest = z.strictObject(fields).meta({ id: "ScheduleRequest" });

/** What of it is to be another. */
export const schedulePatch = z.strictObject(fields).partial().meta({ id: "SchedulePatch" });

/** A timing to look at before it is saved. */
export const ticksQuery = z.strictObject({
  expression: fields.expression,
  timeZone: fields.timeZone,
  first: z.coerce.number().int().min(1).max(100).default(5).describe("How many"),
});
