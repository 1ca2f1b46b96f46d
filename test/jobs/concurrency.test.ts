import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { readPath } from "../../src/jobs/concurrency.ts";
import { defineTask } from "../../src/jobs/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";

type Payload = {
  endpointId: string;
  order: { customer: { id: number } };
  items: { id: string }[];
  "odd name": string;
};
const pathOf = (key: (payload: Payload) => unknown) =>
  readPath<Payload>("t", key as (payload: Payload) => string);

test("the path of a property is read, of any depth, in a list, and however it is written", () => {
  assert.deepEqual(
    pathOf((payload) => payload.endpointId),
    ["endpointId"],
  );
  assert.deepEqual(
    pathOf((payload) => payload.order.customer.id),
    ["order", "customer", "id"],
  );
  assert.deepEqual(
    pathOf(({ order: { customer } }) => customer.id),
    ["order", "customer", "id"],
  );
  assert.deepEqual(
    pathOf((payload) => payload.items[0]?.id),
    ["items", "0", "id"],
  );
  assert.deepEqual(
    pathOf((payload) => payload["odd name"]),
    ["odd name"],
  );
});

test("whatever computes, names nothing, or throws is refused, and says of which task", () => {
  const refused: Record<string, (payload: Payload) => unknown> = {
    "the payload itself": (payload) => payload,
    "a constant": () => "always",
    nothing: () => undefined,
    "two together": (payload) => `${payload.endpointId} ${payload.order.customer.id}`,
    "a sum": (payload) => payload.order.customer.id + 1,
    "a comparison": (payload) => payload.endpointId === "x",
    "a method": (payload) => payload.endpointId.toLowerCase(),
    "a function of it": (payload) => String(payload.endpointId),
    "its names": (payload) => Object.keys(payload).length,
    "the rest of it": ({ endpointId, ...rest }) => [endpointId, rest],
    "whether it is there": (payload) => "endpointId" in payload,
    "all in a list": (payload) => payload.items.map(({ id }) => id),
    "a loop": (payload) => {
      for (const { id } of payload.items) return id;
      return undefined;
    },
    "an object of its own": (payload) => ({ id: payload.endpointId }),
    "a promise": async (payload) => payload.endpointId,
    "a change": (payload) => {
      payload.endpointId = "x";
      return payload.endpointId;
    },
    "an error": () => {
      throw new Error("by itself");
    },
  };
  for (const [what, key] of Object.entries(refused)) {
    assert.throws(
      () => pathOf(key),
      (error) =>
        error instanceof RowlockError &&
        error.code === "INVALID_ARGUMENT" &&
        /^Task "t": .*key/.test(error.message),
      what,
    );
  }
});

test("a task has path and limit in its definition; a limit out of bounds is refused", () => {
  const task = (limit: number) =>
    defineTask({
      name: "limited",
      input: z.object({ to: z.object({ host: z.string() }) }),
      concurrency: { key: ({ to }) => to.host, limit },
      run: () => undefined,
    });
  assert.deepEqual(task(3).definition.concurrency, { path: ["to", "host"], limit: 3 });
  for (const limit of [0, -1, 1.5, 1_000_001, Number.NaN]) {
    assert.throws(
      () => task(limit),
      { code: "INVALID_ARGUMENT", message: /concurrency\.limit/ },
      String(limit),
    );
  }
  const unlimited = defineTask({ name: "free", input: z.object({}), run: () => undefined });
  assert.equal(unlimited.definition.concurrency, undefined);
});
