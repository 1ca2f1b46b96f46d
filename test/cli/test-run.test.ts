import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { testReport } from "../../src/cli/test-run/report.ts";
import { type Bot, reply, serveBot } from "../evals/bot.ts";
import { create, createSet, type EvalsWorld, jobsOf, runAll, startEvals, unique } from "../evals/support.ts";
import { until } from "../helpers/jobs.ts";
import { type Ended, listen, type Started, scratch, start } from "./remote.ts";

let world: EvalsWorld;
let bot: Bot;
/** What the product answers to "moody"; else what it is asked. */
let mood = "moody";
before(async () => {
  bot = await serveBot((input, response) => {
    if (input === "broken") return reply(response, "no json", 418);
    reply(response, { output: input === "moody" ? mood : input });
  });
  world = await startEvals();
});
after(async () => {
  await world.stop();
  await bot.close();
});

const env = () => ({ ROWLOCK_URL: world.api.url, ROWLOCK_TOKEN: world.north.member.token });

type Scene = { set: string; endpoint: string; flags: string[] };

/** Ten tests, of which `wrong` fail, and names for all of it. */
async function scene(wrong: number, inputs: string[] = []): Promise<Scene> {
  const [set, endpoint] = [unique("set"), unique("endpoint")];
  const given = Array.from({ length: 10 }, (_, n) => ({
    input: inputs[n] ?? `say ${n}`,
    expected: n < wrong ? "else" : (inputs[n] ?? `say ${n}`),
  }));
  const id = await createSet(world, world.north.member, given);
  await world.asOwner("update evals.test_sets set name = $2 where id = $1", [id, set]);
  await create(world, world.north.member, "endpoints", { name: endpoint, url: bot.url });
  return {
    set,
    endpoint,
    flags: ["test-run", "--test-set", set, "--endpoint", endpoint, "--metric", "exact"],
  };
}

/** The run that a command waits for. */
async function begun(command: Started): Promise<string> {
  const id = async () => /^Run (\S+):/m.exec(command.stderr())?.[1] ?? "";
  return await until(id, (found) => found !== "", 30_000);
}

/** Runs the command; a worker that takes its jobs as soon as they are there is played by the test. */
async function run(args: string[], cwd?: string): Promise<Ended> {
  const runs = () => world.asOwner<{ id: string }>("select id from evals.test_runs order by id desc");
  const before = (await runs()).length;
  let over = false;
  const command = start(args, env(), cwd);
  void command.ended.then(() => (over = true));
  const now = await until(runs, (rows) => rows.length > before || over, 30_000);
  if (now.length > before) await runAll(world, now[0]?.id ?? "");
  return await command.ended;
}

test("At the gate it ends with 0, below it with 1, and says what failed and why", async () => {
  const { flags } = await scene(1);
  const fine = await run([...flags, "--fail-under", "0.9"]);
  assert.equal(fine.code, 0, fine.stderr);
  assert.match(fine.stdout, /9 of 10 passed, 1 failed.*pass rate 90\.0 %/);
  assert.match(fine.stdout, /1 │ failed │ say 0\s+│ else\s+│ say 0\s+│ exact: /);
  assert.match(fine.stderr, /10 of 10 tests/);
  const below = await run([...flags, "--fail-under", "0.91"]);
  assert.equal(below.code, 1);
  assert.match(below.stdout, /Failed: the pass rate is 90\.0 %, below 91\.0 %\./);
  const ungated = await run([...flags, "--wait"]);
  assert.equal(ungated.code, 0);
});

test("Without --wait it prints the run's id and leaves", async () => {
  const { flags } = await scene(0);
  const { code, stdout } = await start(flags, env()).ended;
  assert.equal(code, 0);
  const jobs = await jobsOf(world, stdout.trim());
  assert.equal(jobs.length, 10);
});

test("Called wrongly it ends with 2 and says in one line what there is", async () => {
  const { set, endpoint, flags } = await scene(0);
  const empty = unique("empty");
  await using other = await listen((_request, response) => response.end("<html>hello</html>"));
  await create(world, world.north.member, "test-sets", { name: empty });
  const named = (testSet: string, of: string, ...more: string[]) => [
    "test-run",
    "--test-set",
    testSet,
    "--endpoint",
    of,
    ...more,
  ];
  const cases: [string[], Record<string, string>, RegExp][] = [
    [
      named("nothing", endpoint),
      env(),
      new RegExp(`^There is no test set "nothing"\\. There are: .*"${set}"`),
    ],
    [
      named(set, "nothing"),
      env(),
      new RegExp(`^There is no endpoint "nothing"\\. There are: .*"${endpoint}"`),
    ],
    [named(set, endpoint, "--metric", "vibes"), env(), /^There is no metric "vibes"\./],
    [named(empty, endpoint), env(), /has no tests\. Fill it with/],
    [flags, { ...env(), ROWLOCK_URL: "" }, /^There is no URL of the API\. Set ROWLOCK_URL/],
    [flags, { ...env(), ROWLOCK_URL: "ftp://x" }, /is no URL of an API/],
    [flags, { ...env(), ROWLOCK_TOKEN: "" }, /^There is no token\. Set ROWLOCK_TOKEN/],
    [flags, { ...env(), ROWLOCK_TOKEN: "made up" }, /does not accept the token\. UNAUTHENTICATED: /],
    [flags, { ...env(), ROWLOCK_TOKEN: world.north.viewer.token }, /^NOT_ALLOWED: /],
    [flags, { ...env(), ROWLOCK_URL: other.url }, /^There is no Rowlock API at /],
    [[...flags, "--fail-under", "90"], env(), /^--fail-under must be from 0 to 1/],
    [[...flags, "--repeat", "no"], env(), /^--repeat /],
    [[...flags, "--junit", "/nowhere/x.xml"], env(), /^--junit: the file cannot be written/],
    [[...flags, "--colour"], env(), /unknown option '--colour'/],
    [["test-run"], env(), /required option '--test-set/],
  ];
  const [{ count } = { count: "" }] = await world.asOwner<{ count: string }>(
    "select count(*) from evals.test_runs",
  );
  const ended = await Promise.all(cases.map(([args, environment]) => start(args, environment).ended));
  for (const [at, { code, stderr }] of ended.entries()) {
    const [args, , said] = cases[at] ?? [[], {}, /$^/];
    assert.equal(code, 2, `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, said);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
  assert.deepEqual(await world.asOwner("select count(*) from evals.test_runs"), [{ count }]);
});

test("What could not be executed ends with 3: nobody answers, tests errored, it took too long", async () => {
  const { flags } = await scene(0);
  const closed = await listen(() => undefined);
  const gone = closed.url;
  await closed[Symbol.asyncDispose]();
  const nobody = await start(flags, { ...env(), ROWLOCK_URL: gone }).ended;
  assert.equal(nobody.code, 3);
  assert.equal(nobody.stderr, `The API at ${gone} cannot be reached: connection refused.\n`);

  const { flags: broken } = await scene(0, ["broken"]);
  const errored = await run([...broken, "--fail-under", "0.5"]);
  assert.equal(errored.code, 3, errored.stderr);
  assert.match(errored.stdout, /Not executed: of 10 tests 1 errored; the run is partial\./);

  const late = await start([...flags, "--timeout", "1"], env()).ended;
  assert.equal(late.code, 3);
  assert.match(late.stderr, /It took longer than 1 s \(--timeout\)\. The run \S+ is cancelled\./);
});

test("Ctrl-C cancels the run and ends with 130", async () => {
  const { flags } = await scene(0);
  const command = start([...flags, "--wait"], env());
  const said = await begun(command);
  command.signal("SIGINT");
  const { code, stderr } = await command.ended;
  assert.equal(code, 130, stderr);
  const { body } = await world.send("GET", `/api/test-runs/${said}`, { as: world.north.viewer });
  const { state, cancelled } = body as { state: string; cancelled: number };
  assert.deepEqual([state, cancelled], ["cancelled", 10]);
  const [first] = await world.asOwner<{ message: string }>(
    "select error_message as message from evals.test_results where test_run_id = $1",
    [said],
  );
  assert.equal(first?.message, "Interrupted by SIGINT at the command line.");
});

test("A run that somebody else cancels ends with 3", async () => {
  const { flags } = await scene(0);
  const command = start([...flags, "--fail-under", "0"], env());
  const id = await begun(command);
  await world.send("POST", `/api/test-runs/${id}/cancel`, { as: world.north.owner });
  const { code, stdout } = await command.ended;
  assert.equal(code, 3);
  assert.match(stdout, /10 were cancelled; the run is cancelled/);
});

test("--fail-on-regression compares with the last completed run of the same test set and endpoint", async () => {
  const { flags } = await scene(1, ["say 0", "moody"]);
  const gate = [...flags, "--fail-on-regression"];
  const first = await run(gate);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /no completed run before it to compare with/);
  assert.equal((await run(gate)).code, 0, "what failed before is no regression");
  mood = "grumpy";
  await using folder = await scratch();
  const worse = await run([...gate, "--json", "report.json", "--markdown", "report.md"], folder.path);
  mood = "moody";
  assert.equal(worse.code, 1);
  assert.match(worse.stdout, /Failed: 1 failed that passed in the run before\./);
  const report = testReport.parse(JSON.parse(await readFile(join(folder.path, "report.json"), "utf8")));
  assert.deepEqual(
    report.regressions.map(({ position }) => position),
    [1],
  );
  assert.deepEqual([report.baseline?.passRate, report.gate.exitCode], [0.9, 1]);
  assert.match(
    await readFile(join(folder.path, "report.md"), "utf8"),
    /\| 2 \| failed, passed before \| moody \| moody \| grumpy \|/,
  );
  assert.equal((await run(gate)).code, 0, "compared with the run before, in which it failed already");
});

test("A job's summary is added to, other files are written anew", async () => {
  const { flags } = await scene(0);
  await using folder = await scratch();
  const file = join(folder.path, "summary.md");
  await writeFile(file, "before\n");
  const command = start([...flags, "--markdown", file], { ...env(), GITHUB_STEP_SUMMARY: file });
  const id = await begun(command);
  await runAll(world, id);
  assert.equal((await command.ended).code, 0);
  assert.match(await readFile(file, "utf8"), /^before\n## ✅ .*100\.0 %/);
});

test("An API that is away for a moment is waited for", async () => {
  const { flags } = await scene(0);
  let away = 0;
  const target = world.api.url;
  await using proxy = await listen(async (request, response) => {
    if (request.url?.startsWith("/api/test-runs/") && away < 2) {
      away += 1;
      response.writeHead(503).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await fetch(target + request.url, {
      method: request.method ?? "GET",
      headers: { authorization: String(request.headers.authorization), "content-type": "application/json" },
      ...(request.method === "POST" ? { body: Buffer.concat(chunks) } : {}),
    });
    response.writeHead(answer.status).end(await answer.text());
  });
  const command = start([...flags, "--wait"], { ...env(), ROWLOCK_URL: `${proxy.url}/` });
  const id = await begun(command);
  await runAll(world, id);
  const { code, stderr } = await command.ended;
  assert.deepEqual([code, away], [0, 2], stderr);
});

test("From files: a test set, an endpoint and a metric are made, each once", async () => {
  await using folder = await scratch();
  await writeFile(join(folder.path, "a.csv"), 'question,answer\n"x, y",z\n');
  await writeFile(join(folder.path, "bad.jsonl"), "{}\n");
  const name = unique("from a file");
  const cli = (...args: string[]) => start(args, env(), folder.path).ended;
  const bad = await cli("test-set", "import", "bad.jsonl", "--name", name);
  assert.deepEqual([bad.code, /^IMPORT_INVALID: /.test(bad.stderr)], [2, true], bad.stderr);
  const made = await cli(
    "test-set",
    "import",
    "a.csv",
    "--name",
    name,
    "--input",
    "question",
    "--expected",
    "answer",
  );
  assert.equal(made.code, 0, made.stderr);
  const tests = await world.asOwner(
    "select t.input, t.expected from evals.tests t join evals.test_set_tests s on s.test_id = t.id where s.test_set_id = $1",
    [made.stdout.trim()],
  );
  assert.deepEqual(tests, [{ input: "x, y", expected: "z" }]);
  const out = await cli("test-set", "export", "--name", name, "--format", "csv");
  assert.equal(out.code, 0, out.stderr);
  assert.match(out.stdout, /\r\n"x, y","z",/);
  assert.equal((await cli("test-set", "export", "--name", "nobody's")).code, 2);
  const again = await cli("test-set", "import", "a.csv", "--name", name, "--input", "question");
  assert.equal(again.code, 2);
  assert.match(again.stderr, /with 1 tests already/);
  await writeFile(join(folder.path, "talks.csv"), "goal,user,turns\nIt is booked.,In a hurry,3\n");
  const fields = ["--goal", "goal", "--instructions", "user", "--max-turns", "turns"];
  const talks = await cli("test-set", "import", "talks.csv", "--name", `${name} talks`, ...fields);
  assert.equal(talks.code, 0, talks.stderr);
  const [talk] = await world.asOwner(
    "select t.goal, t.instructions, t.max_turns as turns from evals.tests t join evals.test_set_tests s on s.test_id = t.id where s.test_set_id = $1",
    [talks.stdout.trim()],
  );
  assert.deepEqual(talk, { goal: "It is booked.", instructions: "In a hurry", turns: 3 });
  for (const file of ["a.txt", "missing.csv"])
    assert.equal((await cli("test-set", "import", file, "--name", name)).code, 2);

  const endpoint = ["endpoint", "create", "--name", name, "--url", bot.url];
  const stored = await cli(
    ...endpoint,
    "--template",
    '{"q": "{{ input }}"}',
    "--path",
    "reply",
    "--header",
    "x-team: a:b",
  );
  assert.equal(stored.code, 0, stored.stderr);
  const [row] = await world.asOwner(
    "select headers, request_template as template, response_path as path from evals.endpoints where id = $1",
    [stored.stdout.trim()],
  );
  assert.deepEqual(row, { headers: { "x-team": "a:b" }, template: { q: "{{ input }}" }, path: "reply" });
  const taken = await cli(...endpoint);
  assert.deepEqual([taken.code, /^CONFLICT: /.test(taken.stderr)], [2, true]);
  assert.equal((await cli(...endpoint, "--template", "{")).stderr, "--template is not JSON: {\n");
  assert.equal((await cli(...endpoint, "--header", "none")).code, 2);

  const metric = await cli(
    "metric",
    "create",
    "--name",
    name,
    "--kind",
    "regex",
    "--parameters",
    '{"pattern": "a"}',
  );
  assert.equal(metric.code, 0, metric.stderr);
  assert.equal((await cli("metric", "create", "--name", "x", "--kind", "regex")).code, 2);
  const byModel = (of: string, parameters: string) =>
    cli("metric", "create", "--name", `${name} ${of}`, "--kind", "goal", "--parameters", parameters);
  assert.equal((await byModel("by default", `{"goal": "A refund is offered."}`)).code, 0);
  const another = await byModel(
    "by none",
    '{"goal": "?", "modelId": "0198c1a0-0000-7000-8000-000000000000"}',
  );
  assert.deepEqual([another.code, /^NOT_FOUND: There is no model 0198c1a0/.test(another.stderr)], [2, true]);
});
