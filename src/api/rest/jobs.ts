import type { z } from "zod";
import { findJob, findJobs, launchJob, launchJobs, launchOnce, listJobs } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { RouteContext } from "../extension.ts";
import { toFind } from "../find-request.ts";
import { bulkLaunchRequest, idempotencyHeader, launchOptions, launchRequest } from "../launch-request.ts";
import { noteChanged } from "../request.ts";
import { type Endpoint, sayAgain, withErrors } from "./endpoint.ts";
import { parseBody, parseIdempotencyKey, parseParams, parseQuery } from "./route.ts";
import { job, jobPage, jobParams, jobQuery, launched } from "./schemas.ts";

const launchErrors = {
  "400": "The body is not JSON",
  "403": "Your role may not launch this task, or you are not a member",
  "409": "The idempotency key came with another request, or others changed the same rows at this moment",
  "413": "The body or a payload is too large",
  "422": "No such task, a payload that does not fit its schema, or an option out of bounds",
};

/** What one index serves is listed; anything else is a search, whose time is bounded. */
async function list(tx: TenantTransaction, query: z.output<typeof jobQuery>) {
  const { state, task, after, ...find } = query;
  const asked = new Set(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [name])),
  );
  for (const plain of ["state", "task", "key", "batchId", "first", "after"]) asked.delete(plain);
  if (asked.size === 0) {
    return await listJobs(tx, {
      state,
      task,
      key: find.key,
      batchId: find.batchId,
      first: find.first,
      after,
    });
  }
  const { jobs, next, searchedTo } = await findJobs(
    tx,
    toFind({
      ...find,
      states: state === undefined ? find.states : [state, ...(find.states ?? [])],
      tasks: task === undefined ? find.tasks : [task, ...(find.tasks ?? [])],
      before: find.before ?? after,
    }),
  );
  return { jobs, next, searchedTo: searchedTo?.toISOString() ?? null };
}

/** Launching, reading and listing jobs. */
export function jobEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "post",
      path: "/jobs",
      operation: {
        operationId: "launchJob",
        summary: "Launch a job",
        requestParams: { header: idempotencyHeader },
        requestBody: { required: true, content: { "application/json": { schema: launchRequest } } },
        responses: withErrors(
          {
            "201": {
              description: "The job, or the unfinished one that had the key",
              headers: { Location: { schema: { type: "string" }, description: "Where to read the job" } },
              content: { "application/json": { schema: job } },
            },
          },
          launchErrors,
        ),
      },
      async handle(request, response) {
        const body = parseBody(launchRequest, request);
        const idempotencyKey = parseIdempotencyKey(request);
        const made = await inTenant(request, async (tx) => {
          const { jobIds, again } = await launchOnce(tx, { idempotencyKey, content: body }, async () => {
            const options = { ...launchOptions(body), key: body.key };
            return { jobIds: [await launchJob(tx, body.task, body.payload ?? {}, options)] };
          });
          sayAgain(response, again);
          noteChanged(jobIds);
          const found = await findJob(tx, jobIds[0] ?? "");
          if (found !== undefined) return found;
          throw new RowlockError(
            "NOT_FOUND",
            `The job ${jobIds[0]} that this idempotency key launched is forgotten. Launch another by another key.`,
          );
        });
        response.status(201).location(`/api/jobs/${made.id}`);
        return made;
      },
    },
    {
      method: "post",
      path: "/jobs/bulk",
      operation: {
        operationId: "launchJobs",
        summary: "Launch many jobs of one task, all or none",
        requestParams: { header: idempotencyHeader },
        requestBody: { required: true, content: { "application/json": { schema: bulkLaunchRequest } } },
        responses: withErrors(
          {
            "201": {
              description: "Ids in the order of the payloads",
              content: { "application/json": { schema: launched } },
            },
          },
          launchErrors,
        ),
      },
      async handle(request, response) {
        const body = parseBody(bulkLaunchRequest, request);
        const idempotencyKey = parseIdempotencyKey(request);
        const { jobIds, again } = await inTenant(request, (tx) =>
          launchOnce(tx, { idempotencyKey, content: body }, async () => {
            const options = { ...launchOptions(body), keys: body.keys };
            const jobIds = await launchJobs(tx, body.task, body.payloads, options);
            noteChanged(jobIds);
            return { jobIds };
          }),
        );
        sayAgain(response, again);
        response.status(201);
        return { ids: jobIds };
      },
    },
    {
      method: "get",
      path: "/jobs",
      operation: {
        operationId: "listJobs",
        summary: "List jobs, newest first, or search them",
        requestParams: { query: jobQuery },
        responses: withErrors(
          { "200": { description: "A page", content: { "application/json": { schema: jobPage } } } },
          { "422": "A parameter that is unknown or out of bounds" },
        ),
      },
      handle: (request) => {
        const query = parseQuery(jobQuery, request);
        return inTenant(request, (tx) => list(tx, query));
      },
    },
    {
      method: "get",
      path: "/jobs/{id}",
      operation: {
        operationId: "getJob",
        summary: "Read a job",
        requestParams: { path: jobParams },
        responses: withErrors(
          { "200": { description: "The job", content: { "application/json": { schema: job } } } },
          { "404": "No such job in your organization", "422": "The id is not a uuid" },
        ),
      },
      async handle(request) {
        const { id } = parseParams(jobParams, request);
        const found = await inTenant(request, (tx) => findJob(tx, id));
        if (found !== undefined) return found;
        throw new RowlockError(
          "NOT_FOUND",
          `There is no job ${id} in this organization. GET /api/jobs lists them.`,
        );
      },
    },
  ];
}
