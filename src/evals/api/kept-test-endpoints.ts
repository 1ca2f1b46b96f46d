import { z } from "zod";
import { type Endpoint, parseParams, parseQuery, type RouteContext, withErrors } from "../../api/index.ts";
import { deleteTest, findTest, listVersions, shownTest, testVersion } from "../store/test-versions.ts";
import { putTest, takeTest } from "../store/tests.ts";

const byId = z.object({ id: z.uuid() });
const inSet = z.object({ id: z.uuid(), testId: z.uuid() });
const changed = z.object({ id: z.uuid() }).meta({ id: "ChangedTest" });
const versionQuery = z.strictObject({
  first: z.coerce.number().int().min(1).max(1_000).default(100).describe("Page size"),
  before: z.coerce.number().int().min(1).optional().describe("`next` of the page before"),
});
const versionPage = z
  .object({
    versions: z.array(testVersion),
    next: z.int().nullable().describe("Pass as `before` for the next page; null on the last one"),
  })
  .meta({ id: "TestVersionPage" });

const json = (description: string, schema: z.ZodType) => ({
  "200": { description, content: { "application/json": { schema } } },
});
const missing = { "404": "No such test or test set in your organization", "422": "An id is not a uuid" };
const readOnly = { "403": "Your role only reads, or you are not a member" };

/** A test by itself: what it is, what it was, which sets have it. */
export function keptTestEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "get",
      path: "/tests/{id}",
      operation: {
        operationId: "getTest",
        summary: "A test as it is now",
        requestParams: { path: byId },
        responses: withErrors(json("The test", shownTest), missing),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        return inTenant(request, (tx) => findTest(tx, id));
      },
    },
    {
      method: "get",
      path: "/tests/{id}/versions",
      operation: {
        operationId: "listTestVersions",
        summary: "What a test was before each change, the latest first",
        requestParams: { path: byId, query: versionQuery },
        responses: withErrors(json("A page", versionPage), missing),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        const query = parseQuery(versionQuery, request);
        return inTenant(request, (tx) => listVersions(tx, id, query));
      },
    },
    {
      method: "delete",
      path: "/tests/{id}",
      operation: {
        operationId: "deleteTest",
        summary: "Remove a test and its versions; what runs made of it stays",
        requestParams: { path: byId },
        responses: withErrors(json("Its id", changed), { ...missing, ...readOnly }),
      },
      async handle(request) {
        const { id } = parseParams(byId, request);
        return { id: await inTenant(request, (tx) => deleteTest(tx, id)) };
      },
    },
    {
      method: "put",
      path: "/test-sets/{id}/tests/{testId}",
      operation: {
        operationId: "putTest",
        summary: "Put a test of another set at the end of this one, too",
        requestParams: { path: inSet },
        responses: withErrors(json("The test's id", changed), { ...missing, ...readOnly }),
      },
      async handle(request) {
        const { id, testId } = parseParams(inSet, request);
        await inTenant(request, (tx) => putTest(tx, id, testId));
        return { id: testId };
      },
    },
    {
      method: "delete",
      path: "/test-sets/{id}/tests/{testId}",
      operation: {
        operationId: "takeTest",
        summary: "Take a test out of a set; it stays in others",
        requestParams: { path: inSet },
        responses: withErrors(json("The test's id", changed), { ...missing, ...readOnly }),
      },
      async handle(request) {
        const { id, testId } = parseParams(inSet, request);
        await inTenant(request, (tx) => takeTest(tx, id, testId));
        return { id: testId };
      },
    },
  ];
}
