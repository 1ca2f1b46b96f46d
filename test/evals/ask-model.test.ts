import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import {
  askModel,
  type Model,
  ModelError,
  type ModelFailure,
  type Provider,
} from "../../src/evals/models/index.ts";
import { closeAgents } from "../../src/evals/safe-fetch/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";
import { type FakeModels, type Fault, serveModels } from "./fake-models/index.ts";

let fake: FakeModels;
before(async () => {
  fake = await serveModels();
});
after(async () => {
  await closeAgents();
  await fake.close();
});

beforeEach(() => {
  fake.log.length = 0;
  fake.faults = [];
  fake.answer = ({ turns }) => turns.at(-1) ?? "";
});

const places: Record<Provider, string> = {
  openai: "openai",
  anthropic: "anthropic",
  google: "google",
  mistral: "mistral",
  groq: "groq",
  "openai-compatible": "local",
};
const everyProvider = Object.keys(places) as Provider[];

function modelOf(provider: Provider, fields: Partial<Model> = {}): Model {
  return {
    id: "0198c1a0-0000-7000-8000-000000000000",
    name: `our ${provider}`,
    provider,
    model: "some-model",
    baseUrl: `${fake.url}/${places[provider]}`,
    key: "key-of-the-organization",
    parameters: { temperature: 0.5, maxTokens: 77 },
    inputPrice: "2.50",
    outputPrice: "10",
    timeoutMs: 5_000,
    ...fields,
  };
}

const options = () => ({
  idempotencyKey: "job/step",
  signal: new AbortController().signal,
  allow: ["127.0.0.0/8"],
});

const verdict = z.object({ passed: z.boolean(), reason: z.string() });

for (const provider of everyProvider) {
  test(`${provider}: text in its own wire format, with key, parameters, tokens and cost`, async () => {
    fake.log.length = 0;
    const answer = await askModel(modelOf(provider), {
      ...options(),
      system: "Be short.",
      messages: [
        { role: "user", content: "One?" },
        { role: "assistant", content: "Two." },
        { role: "user", content: "Three?" },
      ],
    });
    assert.deepEqual(answer, {
      text: "Three?",
      finishReason: "stop",
      usage: { inputTokens: 1_000, outputTokens: 200 },
      cost: "0.0045",
      idempotencyKey: "job/step",
    });
    const [logged, ...more] = fake.log;
    assert.deepEqual(more, []);
    const { path, ...asked } = logged ?? { path: "" };
    assert.match(path, new RegExp(`^/${places[provider]}/`));
    assert.deepEqual(asked, {
      model: "some-model",
      system: "Be short.",
      turns: ["One?", "Two.", "Three?"],
      schema: null,
      temperature: 0.5,
      maxTokens: 77,
      stream: false,
      key: "key-of-the-organization",
      idempotencyKey: "job/step",
    });
  });

  test(`${provider}: an object of the shape asked for, whose JSON Schema goes over the wire`, async () => {
    fake.log.length = 0;
    fake.answer = () => JSON.stringify({ passed: true, reason: "It does." });
    const { object } = await askModel(modelOf(provider), { ...options(), prompt: "Judge.", schema: verdict });
    assert.deepEqual(object, { passed: true, reason: "It does." });
    assert.equal(fake.log.length, 1);
    assert.match(JSON.stringify(fake.log[0]?.schema), /"passed".*"reason"/);
  });

  test(`${provider}: streamed, piece by piece`, async () => {
    fake.answer = () => "A stream of words.";
    const pieces: string[] = [];
    const answer = await askModel(modelOf(provider), {
      ...options(),
      prompt: "Go on.",
      onText: (piece) => void pieces.push(piece),
    });
    assert.equal(pieces.join(""), "A stream of words.");
    assert.deepEqual(
      [answer.text, answer.finishReason, answer.usage, answer.cost],
      ["A stream of words.", "stop", { inputTokens: 1_000, outputTokens: 200 }, "0.0045"],
    );
  });

  test(`${provider}: a refused key is a setting to correct, told without the key`, async () => {
    fake.faults = [{ status: 401, message: "Wrong key: key-of-the-organization" }];
    const error = await failureOf(modelOf(provider));
    assert.deepEqual([error.code, error.reason, error.passing], ["MODEL_REFUSED", "setting", false]);
    assert.match(error.message, /our .* refused its key \(401\)\. Give it another: PUT /);
    assert.doesNotMatch(error.message, /key-of-the-organization/);
  });
}

async function failureOf(model: Model, more: { onText?: () => void } = {}): Promise<ModelError> {
  const error = await askModel(model, { ...options(), prompt: "x", ...more }).then(
    () => assert.fail("it answered"),
    (thrown: unknown) => thrown,
  );
  assert(error instanceof ModelError, String(error));
  return error;
}

const faults: {
  what: string;
  fault: Fault;
  reason: ModelFailure;
  passing: boolean;
  stream?: true;
  says: RegExp;
}[] = [
  {
    what: "429",
    fault: { status: 429, headers: { "retry-after": "7" } },
    reason: "busy",
    passing: true,
    says: /429/,
  },
  { what: "500", fault: { status: 500 }, reason: "server", passing: true, says: /status 500/ },
  { what: "529 (overloaded)", fault: { status: 529 }, reason: "server", passing: true, says: /status 529/ },
  { what: "an answer cut off", fault: "cut", reason: "cut", passing: true, says: /broke off/ },
  { what: "a stream cut off", fault: "cut", reason: "cut", passing: true, stream: true, says: /broke off/ },
  {
    what: "a stream closed in its middle",
    fault: "ends-early",
    reason: "cut",
    passing: true,
    stream: true,
    says: /broke off/,
  },
  { what: "no answer in time", fault: "slow", reason: "timeout", passing: true, says: /within 300 ms/ },
  { what: "a web page", fault: "no-json", reason: "answer", passing: false, says: /none of its format/ },
  { what: "a redirect", fault: "redirect", reason: "setting", passing: false, says: /redirect/ },
  {
    what: "an unknown model",
    fault: { status: 404, message: "no model some-model for key-of-the-organization" },
    reason: "setting",
    passing: false,
    says: /\(404\): .*no model some-model for \*\*\*/,
  },
];

for (const provider of ["openai", "anthropic", "google", "mistral", "groq", "openai-compatible"] as const) {
  test(`${provider}: each fault has its reason, and the SDK tries nothing again`, async () => {
    fake.answer = () => "A stream of words.";
    for (const { what, fault, reason, passing, stream, says } of faults) {
      fake.log.length = 0;
      fake.faults = [fault];
      const timeoutMs = fault === "slow" ? 300 : 5_000;
      const more = stream === true ? { onText: () => {} } : {};
      const error = await failureOf(modelOf(provider, { timeoutMs }), more);
      assert.deepEqual([error.reason, error.passing], [reason, passing], `${what}: ${error.message}`);
      assert.match(error.message, says, what);
      assert.equal(fake.log.length, 1, what);
    }
  });
}

test("how long a busy provider asks to be left alone is kept: in seconds, milliseconds or as a date", async () => {
  const waits: [Record<string, string>, number | null][] = [
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after-ms": "250", "retry-after": "1" }, 250],
    [{ "retry-after": new Date(Date.now() - 60_000).toUTCString() }, 0],
    [{ "retry-after": "999999999" }, 24 * 3_600_000],
    [{ "retry-after": "soon" }, null],
    [{}, null],
  ];
  for (const [headers, ms] of waits) {
    fake.faults = [{ status: 429, headers }];
    assert.equal((await failureOf(modelOf("openai"))).retryAfterMs, ms, JSON.stringify(headers));
  }
});

test("a provider that cannot be reached may pass; an internal address is refused as such", async () => {
  const unreachable = await failureOf(modelOf("openai", { baseUrl: "http://127.0.0.1:1" }));
  assert.deepEqual([unreachable.reason, unreachable.passing], ["network", true]);
  fake.log.length = 0;
  for (const baseUrl of [`${fake.url}/local`, `http://localhost:${new URL(fake.url).port}/local`]) {
    await assert.rejects(
      askModel(modelOf("openai-compatible", { baseUrl }), { ...options(), allow: [], prompt: "x" }),
      (error) => error instanceof RowlockError && error.code === "INTERNAL_ADDRESS",
    );
  }
  assert.equal(fake.log.length, 0);
});

test("an answer of another shape is sent back once with what is wrong; the call that came to nothing is told", async () => {
  for (const bad of ["It passed.", '{"passed":"yes"}']) {
    fake.log.length = 0;
    fake.answer = ({ turns }) => (turns.length === 1 ? bad : '```json\n{"passed":false,"reason":"No."}\n```');
    const wasted: string[] = [];
    const answer = await askModel(modelOf("openai"), {
      ...options(),
      prompt: "Judge.",
      schema: verdict,
      onWasted: async ({ idempotencyKey }) => void wasted.push(idempotencyKey),
    });
    assert.deepEqual(answer.object, { passed: false, reason: "No." });
    assert.equal(answer.idempotencyKey, "job/step");
    assert.match(fake.log[1]?.turns[2] ?? "", bad === "It passed." ? /not JSON/ : /\/passed .*boolean/);
    assert.deepEqual(
      fake.log.map(({ idempotencyKey }) => idempotencyKey),
      ["job/step", "job/step/repair"],
    );
    assert.match(wasted.join(), /^job\/step\/chatcmpl-\d+$/);
  }
});

test("an answer of another shape twice is an error that says what came", async () => {
  fake.log.length = 0;
  fake.answer = () => "I would rather not.";
  const wasted: unknown[] = [];
  const asking = askModel(modelOf("openai"), {
    ...options(),
    prompt: "Judge.",
    schema: verdict,
    onWasted: async (call) => void wasted.push(call),
  });
  await assert.rejects(asking, (error) => {
    assert(error instanceof ModelError);
    assert.deepEqual([error.code, error.reason, error.passing], ["MODEL_FAILED", "answer", false]);
    assert.match(error.message, /it is not JSON\. It said: "I would rather not\."/);
    return true;
  });
  assert.deepEqual([fake.log.length, wasted.length], [2, 2]);
});

test("without a key of the organization no model is asked, whatever the worker's environment holds", async () => {
  const names = [
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GOOGLE_GENERATIVE_AI_API_KEY",
    "MISTRAL_API_KEY",
    "GROQ_API_KEY",
  ];
  for (const name of names) process.env[name] = "key-of-the-operator";
  try {
    fake.log.length = 0;
    fake.answer = () => "fine";
    for (const provider of everyProvider.filter((one) => one !== "openai-compatible")) {
      const error = await failureOf(modelOf(provider, { key: null }));
      assert.deepEqual([error.code, error.reason], ["MODEL_REFUSED", "setting"]);
    }
    assert.equal(fake.log.length, 0);
    await askModel(modelOf("openai-compatible", { key: null }), { ...options(), prompt: "x" });
    assert.deepEqual(
      fake.log.map(({ key }) => key),
      [null],
    );
  } finally {
    for (const name of names) delete process.env[name];
  }
});

test("a job that stops ends the call at once, with its own reason", async () => {
  fake.faults = ["slow"];
  const job = new AbortController();
  const asking = askModel(modelOf("openai"), { ...options(), signal: job.signal, prompt: "x" });
  setTimeout(() => job.abort(new Error("the worker stops")), 50);
  await assert.rejects(asking, /the worker stops/);
});
