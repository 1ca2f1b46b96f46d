import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkEndpoint,
  type Endpoint,
  mapResponse,
  parseAnswer,
  renderRequest,
} from "../../src/evals/request/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";

const endpoint = (change: Partial<Endpoint> = {}): Endpoint => ({
  url: "https://api.example.com/v1/chat",
  method: "POST",
  headers: { authorization: "Bearer x" },
  requestTemplate: { messages: [{ role: "user", content: "{{ input }}" }] },
  responsePath: "output",
  responseMapping: {},
  ...change,
});
const bodyOf = (requestTemplate: Endpoint["requestTemplate"], variables: Record<string, unknown>): unknown =>
  JSON.parse(renderRequest(endpoint({ requestTemplate }), variables).body ?? "null");
const issuesOf = (run: () => unknown) => {
  try {
    run();
    return [];
  } catch (error) {
    assert(error instanceof RowlockError && error.code === "INVALID_ARGUMENT");
    return error.issues;
  }
};
const refused = async (path: string, body: unknown, message: RegExp) => {
  await assert.rejects(mapResponse(path, body), (error) => {
    assert(error instanceof RowlockError && error.code === "FETCH_FAILED");
    assert.match(error.message, message);
    return true;
  });
};

test("a template's texts are rendered, everything else is kept", () => {
  const input = 'He said "hi"\n{{ not.a.template }} \\';
  const request = renderRequest(
    endpoint({ requestTemplate: { n: 1, t: true, z: null, q: "Q: {{ input }}", a: ["{{ input }}"] } }),
    { input },
  );
  assert.deepEqual(JSON.parse(request.body ?? ""), { n: 1, t: true, z: null, q: `Q: ${input}`, a: [input] });
  assert.deepEqual(request.headers, { "content-type": "application/json", authorization: "Bearer x" });
  assert.deepEqual([request.method, request.url], ["POST", "https://api.example.com/v1/chat"]);
});

test("a text that is one expression keeps the value's type", () => {
  const input = { list: [1, { b: null }], n: 2.5, yes: true, nothing: null };
  assert.deepEqual(
    bodyOf(
      {
        a: "{{ input.list }}",
        b: "{{input.n}}",
        c: "{{ input.yes }}",
        d: "{{ input.nothing }}",
        e: "{{ input }}",
        f: "n={{ input.n }}",
      },
      { input },
    ),
    { a: input.list, b: 2.5, c: true, d: null, e: input, f: "n=2.5" },
  );
  assert.deepEqual(bodyOf("{{ input.n | plus: 1 }}", { input }), 3.5);
  assert.deepEqual(bodyOf('{{ input.n | append: "}}" }}', { input }), "2.5}}");
});

test("loops and conditions work, a missing variable may have a default", () => {
  const messages = [{ content: "a" }, { content: "b" }];
  assert.equal(bodyOf("{% for m in messages %}{{ m.content }};{% endfor %}", { messages }), "a;b;");
  assert.equal(bodyOf('{{ system | default: "none" }}', {}), "none");
  assert.equal(
    bodyOf("{{ messages | json }} {% if system %}x{% endif %}", { messages }),
    '[{"content":"a"},{"content":"b"}] ',
  );
});

test("what cannot be rendered is named by its JSON pointer", () => {
  const issues = issuesOf(() =>
    bodyOf({ "a/b": [{ x: "{{ inptu }}" }], c: "{{ input }}", d: "{{ input" }, { input: "x" }),
  );
  assert.deepEqual(
    issues.map(({ path }) => path),
    ["/requestTemplate/a~1b/0/x", "/requestTemplate/d"],
  );
  assert.match(issues[0]?.message ?? "", /undefined variable: inptu/);
});

test("prototypes, files and runaway templates are out of reach", () => {
  const attacks = [
    "{{ input.constructor }}",
    "{{ input.__proto__ }}",
    '{% include "/etc/passwd" %}',
    '{% render "x" %}',
    '{% layout "x" %}',
    "{% assign a = input %}",
    "{{ input | strip_html }}",
    "{{ (1..99999999) | join }}",
    "{% for i in (1..9999) %}{% for j in (1..9999) %}{% for k in (1..9999) %}x{% endfor %}{% endfor %}{% endfor %}",
    `{{ input${" | replace: 'a', 'aaaaaaaaaa'".repeat(12)} }}`,
  ];
  for (const attack of attacks)
    assert.equal(issuesOf(() => bodyOf(attack, { input: "aaaa" })).length, 1, attack);
  assert.deepEqual(
    JSON.stringify(bodyOf(JSON.parse('{"__proto__":"{{ input }}"}'), { input: 1 })),
    '{"__proto__":1}',
  );
});

test("a GET and an endpoint without template send no body", () => {
  assert.equal(renderRequest(endpoint({ method: "GET" }), {}).body, null);
  assert.equal(renderRequest(endpoint({ requestTemplate: null }), {}).body, null);
});

test("the output is found by path, and made text", async () => {
  const body = {
    output: "18",
    choices: [{ message: { content: "hi" } }],
    content: [
      { type: "thinking", text: "hm" },
      { type: "text", text: "a" },
      { type: "text", text: "b" },
    ],
    score: 0.5,
    none: null,
    list: [1, 2],
    "a b": { c: "d" },
  };
  const found: [string, string][] = [
    ["output", "18"],
    ["choices[0].message.content", "hi"],
    ["choices[-1].message.content", "hi"],
    ['$join(content[type="text"].text, " ")', "a b"],
    ['$join([output, score], "/")', "18/0.5"],
    ['content[type="text"][0].text', "a"],
    ["score", "0.5"],
    ["none", "null"],
    ["list", "[1,2]"],
    ["choices[0].message", '{"content":"hi"}'],
    ["`a b`.c", "d"],
    ["missing ?? output", "18"],
    ["$count(content)", "3"],
    ['**[type="thinking"].text', "hm"],
  ];
  for (const [path, output] of found) assert.deepEqual(await mapResponse(path, body), { output }, path);
  assert.deepEqual(await mapResponse("$", "plain"), { output: "plain" });
  assert.deepEqual(await mapResponse("$[0].x", [{ x: "y" }]), { output: "y" });
});

test("a path that finds nothing, or an answer that is no JSON, is a failed fetch that says so", async () => {
  await refused("outptu", { output: "x" }, /outptu found nothing/);
  await refused("$sum(output)", { output: "x" }, /failed on the endpoint's answer/);
  await refused("output", { output: "x".repeat(300_000) }, /more than 262144/);
  assert.throws(() => parseAnswer("<html>"), { code: "FETCH_FAILED" });
});

test("a path can neither loop nor grow", async () => {
  const body = { a: "x".repeat(1_000), list: Array.from({ length: 2_000 }, (_, index) => ({ index })) };
  const attacks = [
    "($f := function($x){ $f($x + 1) }; $f(1))",
    "$map(list, function($i){ $i })",
    "a & a",
    "[1..9999999]",
    "a.{'b': $}",
    "list{'x': index}",
    '$pad(a, 500000000, "x")',
    "$eval(a)",
    "$match(a, /(x+)+$/)",
    "a ~> $uppercase",
    "$toMillis(a)",
    "list@$i.list",
    "list#$i.index",
    "$$.list.%",
    "[a, a]",
    "list.[$$.list, 1]",
    "$join([[a], a])",
    "$uppercase(a)",
    "|a|{}|",
  ];
  const started = performance.now();
  for (const attack of attacks) {
    await refused(attack, body, /not supported/);
    assert.equal(checkEndpoint(endpoint({ responsePath: attack })).length, 1, attack);
  }
  await refused("list.list.($$.list.$$.list.$$.list)", body, /sequence length|timeout|path/i);
  await refused(`**${".**".repeat(100)}`, body, /sequence length|timeout|nothing/i);
  await refused(`${"$$.list.".repeat(2)}$$.a`, body, /sequence|timeout|more than/i);
  await refused("$join(list.$$.a)", body, /more than/);
  await refused("$join(list.$$)", body, /more than/);
  await refused('list.$join([$$.a, "x"])', body, /more than/);
  await refused("list.$$", body, /more than/);
  assert(performance.now() - started < 8_000);
});

test("one path used by many answers at once gives each its own output", async () => {
  const outputs = await Promise.all(
    Array.from({ length: 200 }, (_, index) => mapResponse("a.b[0]", { a: { b: [`${index}`] } })),
  );
  assert.deepEqual(
    outputs.map(({ output }) => output),
    Array.from({ length: 200 }, (_, index) => `${index}`),
  );
});

test("an endpoint is checked at the door, every fault with its place", () => {
  assert.deepEqual(checkEndpoint(endpoint()), []);
  const faults: [unknown, string, RegExp][] = [
    [endpoint({ url: "ftp://x" }), "/url", /http/],
    [endpoint({ url: "https://a:b@example.com" }), "/url", /user or password/],
    [endpoint({ headers: { Host: "x" } }), "/headers/Host", /set by the client/],
    [endpoint({ headers: { "x-a": "b\nc" } }), "/headers/x-a", /characters/],
    [
      endpoint({ requestTemplate: { q: ["{{ inptu }}"] } }),
      "/requestTemplate/q/0",
      /unknown variable inptu; a request knows input/,
    ],
    [
      endpoint({ requestTemplate: { q: "{{ expected }}" } }),
      "/requestTemplate/q",
      /unknown variable expected/,
    ],
    [endpoint({ requestTemplate: "{{ input | nope }}" }), "/requestTemplate", /undefined filter: nope/],
    [endpoint({ method: "GET" }), "/requestTemplate", /no body/],
    [endpoint({ responsePath: "a..b[" }), "/responsePath", /./],
    [endpoint({ responsePath: "$shuffle(a)" }), "/responsePath", /\$shuffle/],
    [{ ...endpoint(), method: "TRACE" }, "/method", /./],
    [{ ...endpoint(), responsePath: undefined }, "/responsePath", /./],
    [null, "", /./],
  ];
  for (const [given, path, message] of faults) {
    const issues = checkEndpoint(given);
    assert.deepEqual(
      issues.map((issue) => issue.path),
      [path],
    );
    assert.match(issues[0]?.message ?? "", message);
  }
});

test("with the operator's ranges, an internal address written out is an issue at the door", () => {
  const given = endpoint({ url: "http://0x7f.1:9000/" });
  assert.deepEqual(checkEndpoint(given), []);
  assert.deepEqual(
    checkEndpoint(given, []).map(({ path }) => path),
    ["/url"],
  );
  assert.deepEqual(checkEndpoint(given, ["127.0.0.0/8"]), []);
});

test("a template nested too deep or too long is refused", () => {
  let deep: Endpoint["requestTemplate"] = "x";
  for (let level = 0; level < 60; level += 1) deep = [deep];
  assert.match(checkEndpoint(endpoint({ requestTemplate: deep }))[0]?.message ?? "", /deeper than 50/);
  assert.match(
    checkEndpoint(endpoint({ requestTemplate: "x".repeat(70_000) }))[0]?.message ?? "",
    /more than 65536/,
  );
});
