import { z } from "zod";
import {
  type Endpoint,
  parseBody,
  parseParams,
  parseQuery,
  type RouteContext,
  withErrors,
} from "../../api/index.ts";
import { generationRequest } from "../generation/index.ts";
import { launchGeneration } from "../store/generations.ts";
import {
  decideDrafts,
  draftChoice,
  draftInput,
  draftQuery,
  listDrafts,
  replaceDraft,
  testDraft,
} from "../store/test-drafts.ts";
import { replacing } from "./setup-endpoints.ts";

const byId = z.object({ id: z.uuid() });
const launched = z
  .object({
    jobId: z.uuid().describe("GET /api/jobs/{id} has how far it is, and what came of it as `result`"),
  })
  .meta({ id: "LaunchedGeneration" });
const draftPage = z
  .object({
    drafts: z.array(testDraft),
    next: z.uuid().nullable().describe("Pass as `after` for the next page; null on the last one"),
  })
  .meta({ id: "TestDraftPage" });
const decided = z
  .object({ drafts: z.int().describe("How many were decided on") })
  .meta({ id: "DecidedDrafts" });

const errors = {
  "400": "The body is not JSON",
  "403": "Your role only reads, or you are not a member",
  "422": "A field that cannot be used",
} as const;

/** Having a model write tests, and deciding on what it wrote. */
export function generationEndpoints(context: RouteContext): Endpoint[] {
  const { inTenant } = context;
  return [
    {
      method: "post",
      path: "/test-sets/{id}/generate",
      operation: {
        operationId: "generateTests",
        summary: "Have a model write tests for a set, in a job, as drafts",
        requestParams: { path: byId },
        requestBody: { required: true, content: { "application/json": { schema: generationRequest } } },
        responses: withErrors(
          { "202": { description: "The job", content: { "application/json": { schema: launched } } } },
          {
            ...errors,
            "404": "No such test set or model in your organization, or no default for generation",
          },
        ),
      },
      async handle(request, response) {
        const { id } = parseParams(byId, request);
        const body = parseBody(generationRequest, request);
        const jobId = await inTenant(request, (tx) => launchGeneration(tx, id, body));
        response.status(202).location(`/api/jobs/${jobId}`);
        return { jobId };
      },
    },
    {
      method: "get",
      path: "/test-sets/{id}/drafts",
      operation: {
        operationId: "listTestDrafts",
        summary: "What models wrote for a set, oldest first",
        requestParams: { path: byId, query: draftQuery },
        responses: withErrors(
          { "200": { description: "A page", content: { "application/json": { schema: draftPage } } } },
          { "404": "No such test set in your organization", "422": "A parameter out of bounds" },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        const query = parseQuery(draftQuery, request);
        return inTenant(request, (tx) => listDrafts(tx, id, query));
      },
    },
    deciding(context, "accept", "Make drafts tests at the end of the set"),
    deciding(context, "reject", "Reject drafts; they are not written again"),
    replacing(context, "test-drafts", "a draft", draftInput, replaceDraft),
  ];
}

function deciding({ inTenant }: RouteContext, decision: "accept" | "reject", summary: string): Endpoint {
  return {
    method: "post",
    path: `/test-sets/{id}/drafts/${decision}`,
    operation: {
      operationId: `${decision}TestDrafts`,
      summary: `${summary}: all that wait for a decision, or those named`,
      requestParams: { path: byId },
      requestBody: { required: true, content: { "application/json": { schema: draftChoice } } },
      responses: withErrors(
        { "200": { description: "How many", content: { "application/json": { schema: decided } } } },
        {
          ...errors,
          "404": "No such test set in your organization, or no such draft of it",
          "409": "One of them was decided on before; nothing was changed",
        },
      ),
    },
    async handle(request) {
      const { id } = parseParams(byId, request);
      const { ids } = parseBody(draftChoice, request);
      return { drafts: await inTenant(request, (tx) => decideDrafts(tx, decision, id, ids)) };
    },
  };
}
