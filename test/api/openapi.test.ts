import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import formatsModule from "ajv-formats";
import express from "express";
import { z } from "zod";
import {
  type ApiExtension,
  describeEndpoints,
  type Endpoint,
  mountEndpoints,
  parseBody,
  type RouteContext,
  withErrors,
} from "../../src/api/index.ts";
import { type Person, startWorld, type World } from "./support.ts";

const addFormats = formatsModule as unknown as (ajv: Ajv2020) => Ajv2020;

type Operation = {
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, unknown>> };
};

/** Routes of an application: described by the schemas that parse them, as the kernel's own are. */
const echo = z.strictObject({ text: z.string() });
const served: string[] = [];
const endpoints = ({ inTenant }: RouteContext): Endpoint[] => [
  {
    method: "post",
    path: "/echo",
    operation: {
      requestBody: { content: { "application/json": { schema: echo } } },
      responses: withErrors(
        { "200": { description: "The text", content: { "application/json": { schema: echo } } } },
        { "422": "No text" },
      ),
    },
    handle: async (request) => {
      const { text } = parseBody(echo, request);
      return await inTenant(request, async (tx) => {
        const { rows } = await tx.query<{ text: string }>("select $1 || '!' as text", [text]);
        return rows[0];
      });
    },
  },
];
const extension: ApiExtension = {
  name: "echo",
  routes: (context) => {
    const router = express.Router();
    mountEndpoints(router, endpoints(context));
    served.push(...pathsOf(router));
    return router;
  },
  openapi: (context) => describeEndpoints(endpoints(context)),
};

let world: World;
let document: Document;
before(async () => {
  world = await startWorld({ extensions: [extension] });
  const { body } = await world.send("GET", "/api/openapi.json", { as: world.north.member });
  document = body as Document;
});
after(() => world.stop());

type Call = { status: number; as?: Person; path?: Record<string, string>; query?: string; json?: unknown };

test("Each documented operation, called on the running server, answers as documented", async () => {
  const member = world.north.member;
  const made = await world.send("POST", "/api/jobs", {
    as: member,
    json: { task: "greet", payload: { name: "x" } },
  });
  const { id } = made.body as { id: string };
  const batch = await world.send("POST", "/api/batches", { as: member, json: { name: "none yet" } });
  const batchId = (batch.body as { batch: { id: string } }).batch.id;
  const hourly = { name: "hourly", task: "greet", payload: { name: "a" }, expression: "@hourly" };
  const schedule = await world.send("POST", "/api/schedules", { as: member, json: hourly });
  const scheduleId = (schedule.body as { id: string }).id;
  const calls: Record<string, Call[]> = {
    "post /api/batches": [
      {
        status: 201,
        as: member,
        json: {
          name: "two",
          jobs: [
            { task: "greet", payload: { name: "a" }, name: "a" },
            { task: "greet", payload: { name: "b" }, dependsOn: ["a"], ifFailed: "go on" },
          ],
          onComplete: { task: "greet", payload: { name: "all" } },
          deadline: "2099-12-01T00:00:00Z",
        },
      },
      { status: 422, as: member, json: { jobs: [{ task: "greet", payload: {} }] } },
      { status: 403, as: world.north.viewer, json: {} },
    ],
    "get /api/batches": [
      { status: 200, as: member, query: "?first=1" },
      { status: 422, as: member, query: "?first=0" },
    ],
    "get /api/batches/{id}": [
      { status: 200, as: member, path: { id: batchId } },
      { status: 404, as: world.south.member, path: { id: batchId } },
    ],
    "post /api/schedules": [
      {
        status: 201,
        as: member,
        json: {
          name: "daily",
          task: "greet",
          payload: { name: "a" },
          expression: "0 6 * * 1-5",
          timeZone: "Europe/Berlin",
        },
      },
      {
        status: 409,
        as: member,
        json: { name: "hourly", task: "greet", payload: { name: "a" }, expression: "@hourly" },
      },
      {
        status: 422,
        as: member,
        json: { name: "never", task: "greet", payload: { name: "a" }, expression: "0 0 30 2 *" },
      },
      {
        status: 403,
        as: world.north.viewer,
        json: { name: "v", task: "greet", payload: { name: "a" }, expression: "@daily" },
      },
    ],
    "get /api/schedules": [
      { status: 200, as: member, query: "?first=1" },
      { status: 422, as: member, query: "?first=0" },
    ],
    "get /api/schedules/ticks": [
      { status: 200, as: member, query: "?expression=0%206%20*%20*%20*&timeZone=Europe%2FBerlin&first=3" },
      { status: 422, as: member, query: "?expression=often" },
    ],
    "get /api/schedules/{id}": [
      { status: 200, as: member, path: { id: scheduleId } },
      { status: 404, as: world.south.member, path: { id: scheduleId } },
    ],
    "patch /api/schedules/{id}": [
      { status: 200, as: member, path: { id: scheduleId }, json: { enabled: false } },
      { status: 422, as: member, path: { id: scheduleId }, json: { timeZone: "Mars/Base" } },
      { status: 404, as: world.south.member, path: { id: scheduleId }, json: {} },
    ],
    "post /api/schedules/{id}/run": [
      { status: 201, as: member, path: { id: scheduleId } },
      { status: 404, as: world.south.member, path: { id: scheduleId } },
    ],
    "delete /api/schedules/{id}": [
      { status: 204, as: member, path: { id: scheduleId } },
      { status: 404, as: world.south.member, path: { id: scheduleId } },
    ],
    "get /api/pauses": [{ status: 200, as: member }],
    "post /api/jobs/pause": [
      { status: 200, as: world.north.owner, json: { task: "greet", reason: "quiet" } },
      { status: 403, as: member },
      { status: 422, as: world.north.owner, json: { task: "nothing" } },
    ],
    "post /api/jobs/resume": [
      { status: 200, as: world.north.owner, json: { task: "greet" } },
      { status: 403, as: member },
    ],
    "get /api/audit": [
      { status: 200, as: world.north.owner, query: "?first=5&action=launch" },
      { status: 403, as: member },
      { status: 422, as: world.north.owner, query: "?first=0" },
    ],
    "post /api/jobs/count": [
      { status: 200, as: member, json: { task: "greet" } },
      { status: 422, as: member, json: { nobody: "x" } },
    ],
    "post /api/jobs/cancel": [
      { status: 409, as: member, json: { task: "greet", atMost: 0 } },
      { status: 200, as: member, json: { ids: [id], batchId, atMost: 1 } },
      { status: 422, as: member, json: {} },
    ],
    "post /api/jobs/retry": [
      { status: 200, as: member, json: { states: ["failed"], atMost: 100 } },
      { status: 422, as: member, json: { states: ["running"], atMost: 100 } },
    ],
    "post /api/jobs": [
      {
        status: 201,
        as: member,
        json: { task: "greet", payload: { name: "x" }, runAt: "2026-12-01T00:00:00+02:00" },
      },
      { status: 401, json: {} },
      { status: 403, as: world.north.viewer, json: { task: "greet", payload: { name: "x" } } },
      { status: 422, as: member, json: { task: "greet", payload: {} } },
    ],
    "post /api/jobs/bulk": [
      { status: 201, as: member, json: { task: "greet", payloads: [{ name: "a" }, { name: "b" }] } },
      { status: 422, as: member, json: {} },
    ],
    "get /api/jobs": [
      { status: 200, as: member, query: "?first=2" },
      { status: 401 },
      { status: 422, as: member, query: "?first=-1" },
    ],
    "get /api/jobs/{id}": [
      { status: 200, as: member, path: { id } },
      { status: 404, as: world.south.member, path: { id } },
      { status: 422, as: member, path: { id: "x" } },
    ],
    "post /api/jobs/{id}/cancel": [
      { status: 200, as: member, path: { id }, json: { reason: "not needed" } },
      { status: 200, as: member, path: { id } },
      { status: 404, as: world.south.member, path: { id } },
      { status: 403, as: world.north.viewer, path: { id } },
    ],
    "post /api/jobs/{id}/retry": [
      { status: 200, as: member, path: { id } },
      { status: 409, as: member, path: { id } },
      { status: 404, as: world.south.member, path: { id } },
    ],
    "get /api/tasks": [{ status: 200, as: member }, { status: 401 }],
    "get /api/viewer": [{ status: 200, as: member }, { status: 401 }],
    "get /api/overview": [
      { status: 200, as: member },
      { status: 422, as: member, query: "?minutes=0" },
    ],
    "get /api/openapi.json": [{ status: 200, as: member }, { status: 401 }],
    "post /api/echo": [
      { status: 200, as: member, json: { text: "hello" } },
      { status: 422, as: member, json: {} },
    ],
  };
  const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  assert.deepEqual(documented.sort(), Object.keys(calls).sort());

  const ajv = addFormats(new Ajv2020({ strict: false, allErrors: true }));
  ajv.addSchema(document, "openapi");
  for (const [name, list] of Object.entries(calls)) {
    const [method = "", path = ""] = name.split(" ");
    const operation = document.paths[path]?.[method];
    assert.ok(operation, name);
    for (const call of list) {
      const url =
        path.replaceAll(/\{(\w+)\}/g, (_, key: string) => call.path?.[key] ?? "") + (call.query ?? "");
      const answer = await world.send(method.toUpperCase(), url, {
        ...(call.as === undefined ? {} : { as: call.as }),
        ...(call.json === undefined ? {} : { json: call.json }),
      });
      assert.equal(answer.status, call.status, `${name}: ${answer.text}`);
      if (call.status === 204) continue;
      const pointer = [
        "paths",
        path,
        method,
        "responses",
        String(call.status),
        "content",
        "application/json",
        "schema",
      ]
        .map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"))
        .map(encodeURIComponent)
        .join("/");
      const validate = ajv.getSchema(`openapi#/${pointer}`);
      assert.ok(validate, `${name} ${call.status} has no schema`);
      assert.ok(validate(answer.body), `${name} ${call.status}: ${ajv.errorsText(validate.errors)}`);
    }
  }
});

test("Every route served is documented", () => {
  // The kernel's own routes are mounted from their descriptions; an application's are its own router.
  for (const path of served) assert.ok(path in document.paths, `${path} is served and not documented`);
});

test("The document carries the payload schema of each task, references resolved within it", () => {
  assert.equal(document.openapi, "3.1.0");
  const { schemas } = document.components;
  assert.ok(schemas["Payload.greet"]);
  assert.equal(
    schemas["Payload.reports.tidy"]?.$ref,
    "#/components/schemas/Payload.reports.tidy/$defs/anything",
  );
  const ajv = addFormats(new Ajv2020({ strict: false }));
  ajv.addSchema(document, "openapi");
  const validate = ajv.getSchema("openapi#/components/schemas/Payload.greet");
  assert.ok(validate?.({ name: "x" }));
  assert.ok(!validate?.({ name: 7 }));
  const tidy = ajv.getSchema("openapi#/components/schemas/Payload.reports.tidy");
  assert.ok(tidy?.({}));
  assert.ok(!tidy?.("x"));
});

type Layer = { route?: { path: string }; handle?: { stack?: Layer[] } };

function pathsOf(router: { stack: unknown[] }): string[] {
  return (router.stack as Layer[]).flatMap(({ route: found, handle }) =>
    found !== undefined
      ? [`/api${found.path.replaceAll(/:(\w+)/g, "{$1}")}`]
      : pathsOf({ stack: handle?.stack ?? [] }),
  );
}
