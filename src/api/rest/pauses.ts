import { z } from "zod";
import { listPauses, type Pause, pauseJobs, resumeJobs } from "../../jobs/index.ts";
import type { RouteContext } from "../extension.ts";
import { type Endpoint, withErrors } from "./endpoint.ts";
import { parseBody } from "./route.ts";

const task = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe("That task alone; all of the organization if not given");
const pauseRequest = z
  .strictObject({ task, reason: z.string().max(500).optional() })
  .meta({ id: "PauseRequest" });
const resumeRequest = z.strictObject({ task }).meta({ id: "ResumeRequest" });
const pauseList = z
  .object({
    pauses: z.array(
      z.object({
        task: z.string().nullable().describe("Null: all of the organization"),
        userId: z.uuid().nullable(),
        reason: z.string(),
        at: z.iso.datetime(),
      }) satisfies z.ZodType<Pause>,
    ),
  })
  .meta({ id: "Pauses" });

const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const answer = { "200": { description: "What is held back now", content: json(pauseList) } };

/** What an organization holds back itself. */
export function pauseEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "get",
      path: "/pauses",
      operation: {
        operationId: "listPauses",
        summary: "What the organization holds back",
        responses: withErrors(answer, {}),
      },
      handle: (request) => inTenant(request, async (tx) => ({ pauses: await listPauses(tx) })),
    },
    {
      method: "post",
      path: "/jobs/pause",
      operation: {
        operationId: "pauseJobs",
        summary: "Hold back the organization's jobs, or those of one task",
        requestBody: { content: json(pauseRequest) },
        responses: withErrors(answer, {
          "403": "Only administrators may",
          "422": "No such task, or a field out of bounds",
        }),
      },
      handle: (request) => {
        const given = request.body === undefined ? {} : parseBody(pauseRequest, request);
        return inTenant(request, async (tx) => ({ pauses: await pauseJobs(tx, given.task, given.reason) }));
      },
    },
    {
      method: "post",
      path: "/jobs/resume",
      operation: {
        operationId: "resumeJobs",
        summary: "Lift a pause",
        requestBody: { content: json(resumeRequest) },
        responses: withErrors(answer, { "403": "Only administrators may", "422": "A field out of bounds" }),
      },
      handle: (request) => {
        const given = request.body === undefined ? {} : parseBody(resumeRequest, request);
        return inTenant(request, async (tx) => ({ pauses: await resumeJobs(tx, given.task) }));
      },
    },
  ];
}
