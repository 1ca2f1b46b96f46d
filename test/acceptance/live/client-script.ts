import assert from "node:assert/strict";
import { compile } from "../../client/check-types.ts";
import { fileOfPage, followPage } from "../../client/page.ts";

/**
 * The script of docs/client.md, as it stands there: it launches, watches and gets a typed result; with a wrong payload it
 * does not compile, and one that gets past the compiler is refused by the API.
 */
export async function clientScript(): Promise<string> {
  const script = fileOfPage("script.ts");
  const lines = script.split("\n").filter((line) => line.trim() !== "").length;
  assert.ok(lines <= 10, `the script has ${lines} lines`);

  // tasks/greet.ts lies beside it here.
  const files = { "greet.ts": fileOfPage("tasks/greet.ts") };
  const beside = script.replace("./tasks/greet.ts", "./greet.ts");
  assert.equal(await compile({ ...files, "script.ts": beside }), "");
  const wrongPayload = beside.replace('{ name: "Ada" }', '{ nome: "Ada" }');
  assert.match(await compile({ ...files, "script.ts": wrongPayload }), /script\.ts.*'nome' does not exist/);
  const wrongResult = beside.replace("greeting.toUpperCase()", "greeting.toFixed()");
  assert.match(
    await compile({ ...files, "script.ts": wrongResult }),
    /'toFixed' does not exist on type 'string'/,
  );

  const ran = await followPage();
  assert.deepEqual(ran.script.slice(-2), ["succeeded", "HELLO ADA"]);
  assert.deepEqual(ran.careful, ["at /name"]);
  return `${lines} lines; states seen: ${ran.script.slice(0, -1).join(", ")}; a wrong payload: a compiler's error, and INVALID_PAYLOAD at /name`;
}
