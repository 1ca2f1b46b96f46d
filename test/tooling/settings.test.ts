import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { envExample, judgeEnvExample, namesIn } from "../../scripts/lib/env-example.ts";
import { readSettings, settingsSchema } from "../../src/sdk/index.ts";
import { repository } from "./temp-tree.ts";

const kept = readFileSync(join(repository, ".env.example"), "utf8");

test(".env.example names every setting, with its description and default", () => {
  assert.deepEqual(judgeEnvExample(settingsSchema, kept), []);
  assert.ok(namesIn(kept).length > 20);
});

test("every default in .env.example is one that the settings accept", () => {
  const environment = Object.fromEntries(
    [...kept.matchAll(/^#([A-Z_]+)=(.*)$/gm)].map((match) => [match[1] ?? "", match[2]]),
  );
  assert.deepEqual(readSettings(environment), readSettings({}));
});

const schema = z.object({
  PORT: z.coerce.number().default(80).describe("Where it listens"),
  MODE: z.enum(["fast", "safe"]).optional(),
});
const text = envExample(schema);

test("a setting is a commented line under its description and its choices", () => {
  assert.match(text, /\n# Where it listens\n#PORT=80\n\n# One of: fast, safe\n#MODE=\n$/);
});

test("a missing, an unknown and an outdated setting are each told", () => {
  assert.deepEqual(judgeEnvExample(schema, text.replace("#MODE=", "")), ["MODE is missing."]);
  assert.deepEqual(judgeEnvExample(schema, `${text}COLOUR=red\n`), ["COLOUR is no setting of Rowlock."]);
  assert.match(judgeEnvExample(schema, text.replace("80", "81"))[0] ?? "", /not as in src\/sdk\/config\.ts/);
  assert.deepEqual(judgeEnvExample(schema, ""), ["PORT is missing.", "MODE is missing."]);
});
