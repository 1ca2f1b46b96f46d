import { get, lambda, object, type Step } from "postgraphile/grafast";
import { extendSchema, gql } from "postgraphile/utils";
import { createSchedule, nextTicks, updateSchedule } from "../../jobs/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { parseWith } from "../launch-request.ts";
import { schedulePatch, scheduleRequest, ticksQuery } from "../schedule-request.ts";
import { kernelResource, withoutNulls } from "./resource.ts";
import { tenantMutation } from "./tenant-mutation.ts";

/** `createSchedule`, `updateSchedule`, and `scheduleTicks` to look before; deleting and running are functions in SQL. */
export function schedulesPlugin(service = "main"): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const schedules = kernelResource(build, service, "schedules");
    if (schedules === undefined) return { typeDefs: [] };

    const saving =
      (work: (tx: TenantTransaction, input: Record<string, unknown>) => Promise<{ id: string }>) =>
      (_root: unknown, fieldArgs: { getRaw(name: string): Step }) => {
        const $id = tenantMutation(
          build,
          fieldArgs.getRaw("input") as Step<Record<string, unknown>>,
          async (tx, input) => (await work(tx, input)).id,
          service,
        );
        return object({ id: $id });
      };

    const fields = `
      "Five fields of cron (minute, hour, day, month, weekday), or @hourly, @daily, @weekly, @monthly, @yearly."
      expression: String
      "Such as Europe/Berlin; UTC if not given."
      timeZone: String
      "Must fit the task's input schema."
      payload: JSON
      "Ticks that passed while no worker was there: skip, last (default) or all."
      catchUp: String
      "skip: a tick launches nothing while the job of an earlier one is unfinished. allow: it does."
      overlap: String
      priority: Int
      enabled: Boolean`;
    return {
      typeDefs: gql`
        input ScheduleFields {
          "Once in an organization."
          name: String
          task: String
          ${fields}
        }
        input CreateScheduleInput { schedule: ScheduleFields! }
        input UpdateScheduleInput { id: UUID!, patch: ScheduleFields! }
        type SchedulePayload { schedule: ${build.inflection.tableType(schedules.codec)} }
        extend type Mutation {
          "Makes a schedule, which launches a job for the caller at each tick."
          createSchedule(input: CreateScheduleInput!): SchedulePayload
          "Changes what the patch names; from then on the schedule launches for the caller."
          updateSchedule(input: UpdateScheduleInput!): SchedulePayload
        }
        extend type Query {
          "When an expression will tick next, before it is saved; at most 100."
          scheduleTicks(expression: String!, timeZone: String, first: Int): [Datetime!]
        }
      `,
      objects: {
        Query: {
          plans: {
            scheduleTicks: (_root, fieldArgs) =>
              lambda(
                [
                  fieldArgs.getRaw("expression"),
                  fieldArgs.getRaw("timeZone"),
                  fieldArgs.getRaw("first"),
                ] as Step[],
                ([expression, timeZone, first]) => {
                  const asked = parseWith(
                    ticksQuery,
                    withoutNulls({ expression, timeZone, first: first ?? 5 }),
                    "field",
                  );
                  const timing = { expression: asked.expression, timeZone: asked.timeZone ?? "UTC" };
                  return nextTicks(timing, new Date(), asked.first).map((tick) => tick.toISOString());
                },
              ),
          },
        },
        Mutation: {
          plans: {
            createSchedule: saving((tx, { schedule }) =>
              createSchedule(tx, parseWith(scheduleRequest, withoutNulls(schedule), "schedule")),
            ),
            updateSchedule: saving((tx, { id, patch }) =>
              updateSchedule(tx, String(id), parseWith(schedulePatch, withoutNulls(patch), "patch")),
            ),
          },
        },
        SchedulePayload: {
          plans: { schedule: ($payload: Step) => schedules.get({ id: get($payload, "id") }) },
        },
      },
    };
  });
}
