import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { type Endpoint, parseParams, parseQuery, type RouteContext, withErrors } from "../../api/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { columnsSchema, type ImportFormat, parseTests, spool } from "../import/index.ts";
import { importTests } from "../store/import-tests.ts";
import { lockTestSet } from "../store/test-sets.ts";

const byId = z.object({ id: z.uuid() });
const imported = z.object({ imported: z.int() }).meta({ id: "Imported" });

const formatOf: Record<string, ImportFormat> = {
  "application/x-ndjson": "jsonl",
  "application/jsonl": "jsonl",
  "text/csv": "csv",
};

/** A file of tests, streamed: memory does not grow with it, and one bad line means that nothing is stored. */
export function importEndpoint({ inTenant }: RouteContext): Endpoint {
  const body = { schema: z.string().describe("The file; the query says which field of it is which of ours") };
  return {
    method: "post",
    path: "/test-sets/{id}/import",
    operation: {
      operationId: "importTests",
      summary: "Add the tests of a JSONL or CSV file to a test set",
      requestParams: { path: byId, query: columnsSchema },
      requestBody: { required: true, content: { "application/x-ndjson": body, "text/csv": body } },
      responses: withErrors(
        { "201": { description: "How many", content: { "application/json": { schema: imported } } } },
        {
          "400": "The content type is neither JSONL nor CSV",
          "404": "No such test set in your organization",
          "422": "Lines that cannot be used, each with its number; nothing was imported",
        },
      ),
    },
    async handle(request, response) {
      const { id } = parseParams(byId, request);
      const columns = parseQuery(columnsSchema, request);
      const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
      const format = formatOf[type];
      if (format === undefined) {
        throw new RowlockError(
          "INVALID_BODY",
          `The content type is "${type}". Send application/x-ndjson (JSONL) or text/csv.`,
        );
      }
      // Before the file is read: a stranger's id or a viewer is told at once.
      await inTenant(request, (tx) => lockTestSet(tx, id));
      await using spooled = await spool(parseTests(bodyOf(request), { format, columns }));
      const count = await inTenant(request, (tx) => importTests(tx, id, spooled));
      response.status(201);
      return { imported: count };
    },
  };
}

/**
 * The body in chunks. What a reader leaves unread of a file it gave up is read away: left in the connection it would
 * keep it, and the server's stop, waiting.
 */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } finally {
    request.resume();
  }
}
