import type { z } from "zod";
import {
  cancelJob,
  cancelJobs,
  countMatchingJobs,
  type JobMatch,
  retryJob,
  retryJobs,
} from "../../jobs/index.ts";
import type { RouteContext } from "../extension.ts";
import { toDate } from "../launch-request.ts";
import { noteChanged } from "../request.ts";
import { type Endpoint, withErrors } from "./endpoint.ts";
import { parseBody, parseParams } from "./route.ts";
import {
  acted,
  cancelManyRequest,
  cancelRequest,
  counted,
  job,
  jobParams,
  matchRequest,
  retryManyRequest,
} from "./schemas.ts";

const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const errors = {
  "403": "Viewers may not do this; or you are not a member",
  "404": "No such job in your organization",
  "409": "The job's state does not allow it",
  "422": "The id is not a uuid, or a field is out of bounds",
} as const;
const manyErrors = {
  "403": errors["403"],
  "409": "More jobs match than you agreed to",
  "422": "A field is out of bounds",
} as const;

/** Cancelling and retrying jobs, one or all that match. */
export function controlEndpoints({ inTenant }: RouteContext): Endpoint[] {
  /** What these change, SQL tells in the same transaction. */
  const told: RouteContext["inTenant"] = (request, work) => {
    noteChanged([]);
    return inTenant(request, work);
  };
  return [
    {
      method: "post",
      path: "/jobs/{id}/cancel",
      operation: {
        operationId: "cancelJob",
        summary: "Cancel a job",
        requestParams: { path: jobParams },
        requestBody: { content: json(cancelRequest) },
        responses: withErrors(
          {
            "200": {
              description: "The job: cancelled, or at work and told to stop (cancelRequestedAt)",
              content: json(job),
            },
          },
          errors,
        ),
      },
      handle: (request) => {
        const { id } = parseParams(jobParams, request);
        const { reason } = request.body === undefined ? {} : parseBody(cancelRequest, request);
        return told(request, (tx) => cancelJob(tx, id, reason));
      },
    },
    {
      method: "post",
      path: "/jobs/{id}/retry",
      operation: {
        operationId: "retryJob",
        summary: "Have a failed or cancelled job run again",
        requestParams: { path: jobParams },
        responses: withErrors({ "200": { description: "The job", content: json(job) } }, errors),
      },
      handle: (request) => {
        const { id } = parseParams(jobParams, request);
        return told(request, (tx) => retryJob(tx, id));
      },
    },
    {
      method: "post",
      path: "/jobs/count",
      operation: {
        operationId: "countJobs",
        summary: "Count the jobs that match",
        requestBody: { required: true, content: json(matchRequest) },
        responses: withErrors({ "200": { description: "How many", content: json(counted) } }, manyErrors),
      },
      handle: async (request) => {
        const match = toMatch(parseBody(matchRequest, request));
        return { jobs: await told(request, (tx) => countMatchingJobs(tx, match)) };
      },
    },
    {
      method: "post",
      path: "/jobs/cancel",
      operation: {
        operationId: "cancelJobs",
        summary: "Cancel all unfinished jobs that match",
        requestBody: { required: true, content: json(cancelManyRequest) },
        responses: withErrors({ "200": { description: "What was done", content: json(acted) } }, manyErrors),
      },
      handle: (request) => {
        const { atMost, reason, ...match } = parseBody(cancelManyRequest, request);
        return told(request, (tx) => cancelJobs(tx, toMatch(match), atMost, reason));
      },
    },
    {
      method: "post",
      path: "/jobs/retry",
      operation: {
        operationId: "retryJobs",
        summary: "Have all failed and cancelled jobs that match run again",
        requestBody: { required: true, content: json(retryManyRequest) },
        responses: withErrors({ "200": { description: "What was done", content: json(acted) } }, manyErrors),
      },
      handle: (request) => {
        const { atMost, ...match } = parseBody(retryManyRequest, request);
        return told(request, (tx) => retryJobs(tx, toMatch(match), atMost));
      },
    },
  ];
}

function toMatch({ launchedAfter, launchedBefore, ...match }: z.output<typeof matchRequest>): JobMatch {
  return {
    ...match,
    launchedAfter: toDate(launchedAfter),
    launchedBefore: toDate(launchedBefore),
  };
}
