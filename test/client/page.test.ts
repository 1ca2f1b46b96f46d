/** Does what docs/client.md says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { followPage } from "./page.ts";

test("the scripts of docs/client.md do what the page says", async () => {
  const { script, careful } = await followPage();
  assert.deepEqual(script.slice(-2), ["succeeded", "HELLO ADA"]);
  assert.deepEqual(careful, ["at /name"]);
});
