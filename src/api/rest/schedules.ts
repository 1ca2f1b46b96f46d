import { z } from "zod";
import {
  createSchedule,
  deleteSchedule,
  getSchedule,
  listSchedules,
  previewTicks,
  runSchedule,
  type Schedule,
  updateSchedule,
} from "../../jobs/index.ts";
import type { RouteContext } from "../extension.ts";
import { schedulePatch, scheduleRequest, ticksQuery } from "../schedule-request.ts";
import { type Endpoint, withErrors } from "./endpoint.ts";
import { parseBody, parseParams, parseQuery } from "./route.ts";
import { job, jobParams, pageQuery } from "./schemas.ts";

const moment = z.iso.datetime();

const schedule = z
  .object({
    id: z.uuid(),
    name: z.string(),
    task: z.string(),
    payload: z.unknown(),
    expression: z.string(),
    timeZone: z.string(),
    catchUp: z.enum(["skip", "last", "all"]),
    overlap: z.enum(["allow", "skip"]),
    priority: z.int(),
    enabled: z.boolean(),
    userId: z.uuid().describe("For whom it launches: whoever saved it last"),
    nextAt: moment.nullable().describe("The next tick; null while it is off"),
    lastAt: moment.nullable().describe("The last tick that launched a job"),
    lastJobId: z.uuid().nullable(),
    error: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .describe("Why the last tick launched nothing, or why it was turned off"),
    createdAt: moment,
    updatedAt: moment,
  })
  .meta({ id: "Schedule" }) satisfies z.ZodType<Schedule>;

const schedulePage = z
  .object({ schedules: z.array(schedule), next: z.uuid().nullable() })
  .meta({ id: "SchedulePage" });
const ticks = z.object({ ticks: z.array(moment) }).meta({ id: "Ticks" });

const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const unknown = { "404": "No such schedule in your organization", "422": "The id is not a uuid" } as const;
const saving = {
  "403": "Your role may not launch the task, or you are not a member",
  "409": "The name is taken",
  "413": "The payload is too large",
  "422": "No such task, a payload that does not fit, an expression or time zone that cannot be read",
} as const;

/** Schedules: made, changed, removed, run at once, and looked at before they are saved. */
export function scheduleEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "post",
      path: "/schedules",
      operation: {
        operationId: "createSchedule",
        summary: "Launch a job at each tick of a cron expression",
        requestBody: { required: true, content: json(scheduleRequest) },
        responses: withErrors({ "201": { description: "The schedule", content: json(schedule) } }, saving),
      },
      async handle(request, response) {
        const fields = parseBody(scheduleRequest, request);
        const made = await inTenant(request, (tx) => createSchedule(tx, fields));
        response.status(201).location(`/api/schedules/${made.id}`);
        return made;
      },
    },
    {
      method: "get",
      path: "/schedules",
      operation: {
        operationId: "listSchedules",
        summary: "List schedules, newest first",
        requestParams: { query: pageQuery },
        responses: withErrors(
          { "200": { description: "A page", content: json(schedulePage) } },
          { "422": "A parameter that is unknown or out of bounds" },
        ),
      },
      handle: (request) => {
        const query = parseQuery(pageQuery, request);
        return inTenant(request, (tx) => listSchedules(tx, query));
      },
    },
    {
      method: "get",
      path: "/schedules/ticks",
      operation: {
        operationId: "previewTicks",
        summary: "When an expression will tick, before it is saved",
        requestParams: { query: ticksQuery },
        responses: withErrors(
          { "200": { description: "The next ticks", content: json(ticks) } },
          { "422": "An expression or a time zone that cannot be read" },
        ),
      },
      handle: (request) => {
        const { first, ...timing } = parseQuery(ticksQuery, request);
        return inTenant(request, async (tx) => ({ ticks: await previewTicks(tx, timing, first) }));
      },
    },
    {
      method: "get",
      path: "/schedules/{id}",
      operation: {
        operationId: "getSchedule",
        summary: "Read a schedule",
        requestParams: { path: jobParams },
        responses: withErrors({ "200": { description: "The schedule", content: json(schedule) } }, unknown),
      },
      handle: (request) => {
        const { id } = parseParams(jobParams, request);
        return inTenant(request, (tx) => getSchedule(tx, id));
      },
    },
    {
      method: "patch",
      path: "/schedules/{id}",
      operation: {
        operationId: "updateSchedule",
        summary: "Change a schedule, turn it on or off",
        requestParams: { path: jobParams },
        requestBody: { required: true, content: json(schedulePatch) },
        responses: withErrors(
          { "200": { description: "The schedule", content: json(schedule) } },
          { ...saving, "404": unknown["404"] },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(jobParams, request);
        const patch = parseBody(schedulePatch, request);
        return inTenant(request, (tx) => updateSchedule(tx, id, patch));
      },
    },
    {
      method: "delete",
      path: "/schedules/{id}",
      operation: {
        operationId: "deleteSchedule",
        summary: "Remove a schedule; jobs it launched stay",
        requestParams: { path: jobParams },
        responses: withErrors({ "204": { description: "Removed" } }, { ...unknown, "403": saving["403"] }),
      },
      async handle(request, response) {
        const { id } = parseParams(jobParams, request);
        await inTenant(request, (tx) => deleteSchedule(tx, id));
        response.status(204).end();
      },
    },
    {
      method: "post",
      path: "/schedules/{id}/run",
      operation: {
        operationId: "runSchedule",
        summary: "Launch a schedule's job now",
        requestParams: { path: jobParams },
        responses: withErrors(
          { "201": { description: "The job", content: json(job) } },
          { ...unknown, "403": saving["403"] },
        ),
      },
      async handle(request, response) {
        const { id } = parseParams(jobParams, request);
        const made = await inTenant(request, (tx) => runSchedule(tx, id));
        response.status(201).location(`/api/jobs/${made?.id}`);
        return made;
      },
    },
  ];
}
