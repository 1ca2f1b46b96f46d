import { z } from "zod";
import { type Endpoint, parseParams, parseQuery, type RouteContext, withErrors } from "../../api/index.ts";
import {
  exportQuery,
  pageOfResults,
  pageOfTests,
  resultColumns,
  sendFile,
  testColumns,
} from "../export/index.ts";
import { findRun } from "../store/runs.ts";
import { findTestSet } from "../store/test-sets.ts";

const byId = z.object({ id: z.uuid() });
const file = { schema: z.string().describe("One test or result a line") };
const files = { content: { "application/x-ndjson": file, "text/csv": file } };

/** Test sets and runs as files of any length. */
export function exportEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "get",
      path: "/test-sets/{id}/export",
      operation: {
        operationId: "exportTests",
        summary: "The tests of a set as JSONL or CSV, as an import takes them",
        requestParams: { path: byId, query: exportQuery },
        responses: withErrors(
          { "200": { description: "The file", ...files } },
          { "404": "No such test set in your organization", "422": "No such format" },
        ),
      },
      async handle(request, response) {
        const { id } = parseParams(byId, request);
        const query = parseQuery(exportQuery, request);
        await inTenant(request, (tx) => findTestSet(tx, id));
        return await sendFile(response, query, `test-set-${id}`, testColumns, (after) =>
          inTenant(request, (tx) => pageOfTests(tx, id, query.format, after)),
        );
      },
    },
    {
      method: "get",
      path: "/test-runs/{id}/export",
      operation: {
        operationId: "exportTestRun",
        summary: "The results of a run as JSONL or CSV",
        requestParams: { path: byId, query: exportQuery },
        responses: withErrors(
          { "200": { description: "The file", ...files } },
          { "404": "No such run in your organization", "422": "No such format" },
        ),
      },
      async handle(request, response) {
        const { id } = parseParams(byId, request);
        const query = parseQuery(exportQuery, request);
        await inTenant(request, (tx) => findRun(tx, id));
        return await sendFile(response, query, `test-run-${id}`, resultColumns, (after) =>
          inTenant(request, (tx) => pageOfResults(tx, id, query.format, after)),
        );
      },
    },
  ];
}
