import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Webhook } from "standardwebhooks";
import { closeAgents } from "../../src/evals/safe-fetch/index.ts";
import { listen } from "../cli/remote.ts";
import { type AnyTask, deliver, type JobRow, jobRows, register } from "../helpers/jobs.ts";
import { type Bot, reply, serveBot } from "./bot.ts";
import { type Mail, serveMail } from "./mail-server.ts";
import {
  type EvalsWorld,
  execute,
  getRun,
  jobsOf,
  type Plan,
  plan,
  runAll,
  startEvals,
  unique,
} from "./support.ts";

let world: EvalsWorld;
let bot: Bot;
let mail: Awaited<ReturnType<typeof serveMail>>;
let hook: Awaited<ReturnType<typeof listen>>;
let tasks: { webhook: AnyTask; email: AnyTask };
/** What the product says; what the mail server and the webhook answer, each once, in turn; else they are well. */
let [says, refusals, statuses]: [string, number[], number[]] = ["right", [], []];
let elsewhere = "/";
type Call = { headers: Record<string, string>; body: string };
let calls: Call[] = [];

before(async () => {
  bot = await serveBot((_input, response) => reply(response, { output: says }));
  mail = await serveMail(() => refusals.shift());
  hook = await listen(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    calls.push({ headers: request.headers as Record<string, string>, body });
    response.writeHead(statuses.shift() ?? 204, { location: elsewhere }).end();
  });
  world = await startEvals({
    SMTP_URL: mail.url,
    MAIL_FROM: "Rowlock <rowlock@acme.example>",
  });
  const load = async (path: string) => ((await import(path)) as { default: AnyTask }).default;
  tasks = {
    webhook: await load("../../tasks/evals/notify-webhook.ts"),
    email: await load("../../tasks/evals/notify-email.ts"),
  };
  for (const task of Object.values(tasks)) await register(world.db, task);
});
after(async () => {
  await closeAgents();
  await world.stop();
  await Promise.all([bot.close(), mail.stop(), hook[Symbol.asyncDispose]()]);
});
beforeEach(async () => {
  await world.asOwner("delete from evals.notification_targets");
  [says, refusals, statuses, calls] = ["right", [], [], []];
  mail.mails.length = 0;
});

async function addTarget(fields: Record<string, unknown>, who = world.north.member) {
  const json = { name: unique("target"), ...fields };
  const { status, body, text } = await world.send("POST", "/api/notification-targets", { as: who, json });
  assert.equal(status, 201, text);
  return body as { id: string; secret: string | null };
}
const addWebhook = (more = {}) => addTarget({ kind: "webhook", address: `${hook.url}/hook`, ...more });

const newPlan = () =>
  plan(world, world.north.member, {
    url: bot.url,
    tests: [
      { input: "a", expected: "right" },
      { input: "b", expected: "right" },
    ],
  });

async function finished(given?: Plan) {
  const run = await execute(world, world.north.member, given ?? (await newPlan()));
  await runAll(world, run.id);
  return run;
}

/** The jobs that tell of a run, in order. */
async function notices(runId: string): Promise<JobRow[]> {
  return (await jobRows(world.db)).filter(({ payload }) => (payload as { runId?: string }).runId === runId);
}

/** Delivers a job until it has ended; retries come at once. @returns how often, and the job */
async function deliverAll({ id, task }: JobRow): Promise<{ times: number; job: JobRow }> {
  const code = task === "evals/notify-email" ? tasks.email : tasks.webhook;
  for (let times = 1; times <= 20; times += 1) {
    await world.asOwner("update rowlock.live set state = 'waiting', run_at = now() where id = $1", [id]);
    await deliver(world.db, id, code);
    const [job] = await jobRows(world.db, [id]);
    if (job !== undefined && ["succeeded", "failed", "cancelled"].includes(job.state)) return { times, job };
  }
  throw new Error(`Job ${id} does not end.`);
}

async function tellAll(runId: string) {
  const told = [];
  for (const job of await notices(runId)) told.push(await deliverAll(job));
  return told;
}

test("A webhook is told once of a run's end, signed with the secret that was shown once", async () => {
  const { secret } = await addWebhook();
  assert.match(secret ?? "", /^whsec_/);
  const run = await execute(world, world.north.member, await newPlan());
  const [first] = await jobsOf(world, run.id);
  await deliver(world.db, first?.id ?? "", world.runTest);
  assert.deepEqual(await notices(run.id), [], "before its last test has ended");
  await runAll(world, run.id);
  const [told, ...more] = await tellAll(run.id);
  assert.deepEqual([told?.times, told?.job.state, more], [1, "succeeded", []]);
  assert.equal(calls.length, 1);
  const [{ headers, body } = { headers: {}, body: "" }] = calls;
  assert.equal(headers["webhook-id"], `msg_${told?.job.id}`);
  const message = new Webhook(secret ?? "").verify(body, headers) as Record<string, unknown>;
  const { testSet: _testSet, endpoint: _endpoint, ...data } = message.data as Record<string, unknown>;
  assert.deepEqual(
    [message.type, data],
    ["test_run.ended", { run: await getRun(world, world.north.member, run.id), regressions: null }],
  );
  assert.throws(() => new Webhook(`whsec_${Buffer.alloc(32).toString("base64")}`).verify(body, headers));
  assert.throws(() => new Webhook(secret ?? "").verify(`${body} `, headers));
});

test("A webhook that answers 500 is told again, with the same id and body", async () => {
  const { secret } = await addWebhook();
  const run = await finished();
  statuses = [500, 503, 302];
  const [told] = await tellAll(run.id);
  assert.deepEqual([told?.times, told?.job.state, calls.length], [4, "succeeded", 4]);
  assert.equal(new Set(calls.map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(new Set(calls.map(({ body }) => body)).size, 1);
  for (const { headers, body } of calls) new Webhook(secret ?? "").verify(body, headers);
});

test("A target that is down for good fails its own job and nothing of the run", async () => {
  await addWebhook({ address: "http://127.0.0.1:9/hook" });
  await addWebhook({ address: `${hook.url}/gone` });
  statuses = [410];
  const run = await finished();
  const told = await tellAll(run.id);
  assert.deepEqual(
    told.map(({ times, job }) => [times, job.state, job.errorCode]).sort(),
    [
      [1, "failed", "FETCH_FAILED"],
      [10, "failed", "FETCH_FAILED"],
    ].sort(),
  );
  const { state, passed } = await getRun(world, world.north.member, run.id);
  assert.deepEqual([state, passed], ["completed", 2]);
});

test("A launch of notices that fails takes nothing of the run along", async () => {
  await addWebhook();
  const run = await execute(world, world.north.member, await newPlan());
  await world.asOwner("insert into rowlock.policies (organization_id, max_pending) values ($1, 1)", [
    world.north.id,
  ]);
  await world.asOwner("update rowlock.tasks set name = 'evals/away' where name = 'evals/notify-webhook'");
  try {
    await runAll(world, run.id);
  } finally {
    await world.asOwner("update rowlock.tasks set name = 'evals/notify-webhook' where name = 'evals/away'");
    await world.asOwner("delete from rowlock.policies where organization_id = $1", [world.north.id]);
  }
  assert.deepEqual(await notices(run.id), []);
  assert.equal((await getRun(world, world.north.member, run.id)).state, "completed");
});

test("A mail goes to each address, once, through the operator's server", async () => {
  await addTarget({ kind: "email", address: "ada@acme.example" });
  await addTarget({ kind: "email", address: "eve@acme.example", enabled: false });
  const run = await finished();
  refusals = [451];
  const [told, ...more] = await tellAll(run.id);
  assert.deepEqual([told?.times, told?.job.state, more, mail.user()], [2, "succeeded", [], "mailer"]);
  const [{ from, to, text } = { from: "", to: [], text: "" } satisfies Mail, ...others] = mail.mails;
  assert.deepEqual([from, to, others], ["rowlock@acme.example", ["ada@acme.example"], []]);
  assert.match(text, /^Subject: Test run completed: /m);
  assert.match(text, new RegExp(`^Message-ID: <${told?.job.id}@rowlock>`, "m"));
  assert.match(text, /^2 of 2 tests passed, 0 failed/m);
});

test("A mail that is refused for good is not sent again", async () => {
  await addTarget({ kind: "email", address: "ada@acme.example" });
  const run = await finished();
  refusals = [550, 550];
  const [told] = await tellAll(run.id);
  assert.deepEqual([told?.times, told?.job.errorCode], [1, "MAIL_REFUSED"]);
});

test("Targets hear of what they wish: always, when something failed, when something became worse", async () => {
  for (const notifyOn of ["always", "failed", "regressed"])
    await addWebhook({ name: notifyOn, notifyOn, address: `${hook.url}/${notifyOn}` });
  const given = await newPlan();
  const heard = async () => {
    calls = [];
    const run = await finished(given);
    assert.ok((await tellAll(run.id)).every(({ job }) => job.state === "succeeded"));
    return calls.map(
      ({ body }) => (JSON.parse(body) as { data: { regressions: number | null } }).data.regressions,
    );
  };
  assert.deepEqual(await heard(), [null], "all passed");
  says = "wrong";
  assert.deepEqual(await heard(), [2, 2, 2], "both became worse");
  assert.deepEqual(await heard(), [0, 0], "both were wrong before");
});

test("A run that is retried is told of again at its next end, and a cancelled one at its own", async () => {
  await addWebhook();
  const run = await execute(world, world.north.member, await newPlan());
  await world.send("POST", `/api/test-runs/${run.id}/cancel`, { as: world.north.member });
  assert.equal((await notices(run.id)).length, 1);
  await world.send("POST", `/api/test-runs/${run.id}/retry`, { as: world.north.member });
  const [told] = await tellAll(run.id);
  assert.deepEqual([told?.job.state, calls.length], ["succeeded", 0], "it is under way again");
  await runAll(world, run.id);
  assert.equal((await notices(run.id)).length, 2);
  for (const job of (await notices(run.id)).filter(({ state }) => state !== "succeeded"))
    await deliverAll(job);
  assert.equal(calls.length, 1);
});

test("A redirect is no arrival: what it leads to would get a GET without the message", async () => {
  await addWebhook();
  const run = await finished();
  elsewhere = `${hook.url}/elsewhere`;
  statuses = [302, 303];
  const [told] = await tellAll(run.id);
  assert.deepEqual([told?.times, told?.job.state, calls.length], [3, "succeeded", 3]);
});

test("A webhook's address is guarded like an endpoint's, and an address is looked at when it is stored", async () => {
  const send = (fields: Record<string, unknown>, who = world.north.member) =>
    world.send("POST", "/api/notification-targets", { as: who, json: { name: unique("x"), ...fields } });
  const code = async (...args: Parameters<typeof send>) =>
    ((await send(...args)).body as { error: { code: string } }).error.code;
  assert.equal(await code({ kind: "webhook", address: "http://10.0.0.1/" }), "INTERNAL_ADDRESS");
  assert.equal(await code({ kind: "webhook", address: "ftp://acme.example" }), "INVALID_ARGUMENT");
  for (const address of ["ada", "a@b.example, c@d.example", "a@b.example\r\nbcc: x@y.example"]) {
    assert.equal(await code({ kind: "email", address }), "INVALID_ARGUMENT", address);
  }
  assert.equal(await code({ kind: "webhook", address: hook.url }, world.north.viewer), "NOT_ALLOWED");

  const { id } = await addWebhook();
  await world.asOwner("update evals.notification_targets set address = 'http://10.0.0.1/' where id = $1", [
    id,
  ]);
  const [told] = await tellAll((await finished()).id);
  assert.deepEqual([told?.times, told?.job.errorCode], [1, "INTERNAL_ADDRESS"]);
});

test("Targets are listed, replaced and removed by REST and GraphQL; the secret is shown once and stored encrypted", async () => {
  const { id, secret } = await addWebhook();
  const stored = () =>
    world.asOwner<{ text: string }>(
      "select encode(s.ciphertext, 'escape') as text from evals.secrets s where s.purpose = 'webhook'",
    );
  const [row] = await stored();
  assert.ok(row !== undefined && !row.text.includes((secret ?? "").slice(6, 20)));
  const path = `/api/notification-targets/${id}`;
  const json = { name: "renamed", kind: "webhook", address: hook.url, notifyOn: "failed", enabled: false };
  assert.equal((await world.send("PUT", path, { as: world.north.member, json })).status, 200);
  assert.equal((await world.send("PUT", path, { as: world.south.owner, json })).status, 404);
  assert.equal(
    (
      await world.send("PUT", path, {
        as: world.north.member,
        json: { ...json, kind: "email", address: "a@b.example" },
      })
    ).status,
    404,
  );
  const { text } = await world.send("GET", "/api/notification-targets", { as: world.north.viewer });
  assert.match(text, /"name":"renamed"/);
  assert.doesNotMatch(text, /secret/i);
  assert.equal((await world.send("DELETE", path, { as: world.south.owner })).status, 404);
  assert.equal((await world.send("DELETE", path, { as: world.north.viewer })).status, 403);
  assert.equal((await world.send("DELETE", path, { as: world.north.member })).status, 200);
  assert.deepEqual(await stored(), []);

  const made = await world.graphql(
    world.north.member,
    `mutation ($target: NotificationTargetFields!) {
       createNotificationTarget(input: { notificationTarget: $target }) { notificationTarget { id name } secret } }`,
    { target: { name: "by GraphQL", kind: "webhook", address: hook.url } },
  );
  assert.deepEqual(made.errors, []);
  const { createNotificationTarget: created } = made.data as {
    createNotificationTarget: { notificationTarget: { id: string; name: string }; secret: string };
  };
  assert.match(created.secret, /^whsec_/);
  const replaced = await world.graphql(
    world.north.member,
    `mutation ($id: UUID!, $target: NotificationTargetFields!) {
       replaceNotificationTarget(input: { id: $id, notificationTarget: $target }) { notificationTarget { notifyOn } } }`,
    {
      id: created.notificationTarget.id,
      target: { name: "by GraphQL", kind: "webhook", address: hook.url, notifyOn: "failed" },
    },
  );
  assert.deepEqual(
    [replaced.errors, JSON.stringify(replaced.data)],
    [[], '{"replaceNotificationTarget":{"notificationTarget":{"notifyOn":"failed"}}}'],
  );
  const secretless = await world.graphql(world.north.owner, "{ notificationTargets { nodes { secretId } } }");
  assert.equal(secretless.errors.length, 1);
});
