import { findBatch, launchBatch, launchOnce, listBatches } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import type { RouteContext } from "../extension.ts";
import { batchRequest, idempotencyHeader, launchOptions } from "../launch-request.ts";
import { type Endpoint, sayAgain, withErrors } from "./endpoint.ts";
import { parseBody, parseIdempotencyKey, parseParams, parseQuery } from "./route.ts";
import { batch, batchPage, jobParams, launchedBatch, pageQuery } from "./schemas.ts";

/** Launching and reading batches. One is cancelled as its jobs are: POST /api/jobs/cancel with batchId. */
export function batchEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "post",
      path: "/batches",
      operation: {
        operationId: "launchBatch",
        summary: "Launch jobs that belong together, all or none",
        requestParams: { header: idempotencyHeader },
        requestBody: { required: true, content: { "application/json": { schema: batchRequest } } },
        responses: withErrors(
          {
            "201": {
              description: "The batch and the ids of its jobs",
              content: { "application/json": { schema: launchedBatch } },
            },
          },
          {
            "403": "Your role may not launch one of the tasks, or you are not a member",
            "409": "The idempotency key came with another request",
            "413": "The body or a payload is too large",
            "422": "No such task, a payload that does not fit its schema, or an option out of bounds",
          },
        ),
      },
      async handle(request, response) {
        const body = parseBody(batchRequest, request);
        const idempotencyKey = parseIdempotencyKey(request);
        const made = await inTenant(request, async (tx) => {
          const { batchId, jobIds, again } = await launchOnce(
            tx,
            { idempotencyKey, content: body },
            async () => {
              const { name, jobs, onComplete, ...options } = body;
              const launched = await launchBatch(tx, { name, jobs, onComplete, ...launchOptions(options) });
              return { batchId: launched.id, jobIds: launched.jobIds };
            },
          );
          sayAgain(response, again);
          const batch = await findBatch(tx, batchId ?? "");
          if (batch !== undefined) return { batch, jobIds };
          throw new RowlockError(
            "NOT_FOUND",
            `The batch ${batchId} that this idempotency key launched is forgotten. Launch another by another key.`,
          );
        });
        response.status(201).location(`/api/batches/${made.batch.id}`);
        return made;
      },
    },
    {
      method: "get",
      path: "/batches",
      operation: {
        operationId: "listBatches",
        summary: "List batches, newest first",
        requestParams: { query: pageQuery },
        responses: withErrors(
          { "200": { description: "A page", content: { "application/json": { schema: batchPage } } } },
          { "422": "A parameter that is unknown or out of bounds" },
        ),
      },
      handle: (request) => {
        const query = parseQuery(pageQuery, request);
        return inTenant(request, (tx) => listBatches(tx, query));
      },
    },
    {
      method: "get",
      path: "/batches/{id}",
      operation: {
        operationId: "getBatch",
        summary: "Read a batch and its progress",
        requestParams: { path: jobParams },
        responses: withErrors(
          { "200": { description: "The batch", content: { "application/json": { schema: batch } } } },
          { "404": "No such batch in your organization", "422": "The id is not a uuid" },
        ),
      },
      async handle(request) {
        const { id } = parseParams(jobParams, request);
        const found = await inTenant(request, (tx) => findBatch(tx, id));
        if (found !== undefined) return found;
        throw new RowlockError("NOT_FOUND", `There is no batch ${id} in this organization.`);
      },
    },
  ];
}
