import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { withTenant } from "../../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { createNotes, until } from "../../helpers/jobs.ts";
import { asOwner } from "../../helpers/organization.ts";
import { spawnWorker } from "../../helpers/worker.ts";
import { type Client, newClient } from "../spine/client.ts";
import { startApiProcess } from "../spine/processes.ts";

const organizations = 10;
const watchersEach = 100;
const jobsPerSecond = 500;
const seconds = 30;
const cutsAt = [8, 15, 22];
const ticksPerSecond = 10;
const longestMs = 1_000;
const query = "subscription { jobChanges { resync jobs { id state } } }";
const ended = new Set(["succeeded", "failed", "cancelled"]);

type Message = {
  type: string;
  payload?: { data?: { jobChanges: { resync: boolean; jobs: { id: string; state: string }[] } } };
};

/** Everybody who watches one organization: when each was told of each end. */
class Audience {
  readonly client: Client;
  readonly numbers = new Map<string, number>();
  readonly told: Float64Array[] = [];
  resyncs = 0;

  constructor(client: Client) {
    this.client = client;
  }

  async join(url: string): Promise<WebSocket> {
    const arrivals = new Float64Array((jobsPerSecond / organizations) * (seconds + 5));
    this.told.push(arrivals);
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.once("close", (code) => reject(new Error(`a watcher was closed with ${code}`)));
    socket.on("open", () => {
      const authorization = `Bearer ${this.client.token}`;
      socket.send(JSON.stringify({ type: "connection_init", payload: { authorization } }));
    });
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.type === "connection_ack") {
        socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
        resolve();
      }
      this.#take(message, arrivals);
    });
    await promise;
    return socket;
  }

  #take({ payload }: Message, arrivals: Float64Array): void {
    const changes = payload?.data?.jobChanges;
    if (changes === undefined) return;
    if (changes.resync) this.resyncs += 1;
    const now = Date.now();
    for (const { id, state } of changes.jobs) {
      if (!ended.has(state)) continue;
      const number = this.numbers.get(id) ?? this.numbers.size;
      this.numbers.set(id, number);
      if (arrivals[number] === 0) arrivals[number] = now;
    }
  }
}

/** Line 4: a thousand who watch, while 500 jobs a second end and the listening connection is cut three times. */
export async function thousandWatch(): Promise<string> {
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  await createNotes(db);
  for (let n = 0; n < 2; n += 1) ends.use(spawnWorker(db, "rowlock"));
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  await until(
    () => asOwner<{ n: number }>(db, "select count(*)::int as n from rowlock_private.workers"),
    ([row]) => row?.n === 2,
    30_000,
  );
  const audiences: Audience[] = [];
  for (let n = 0; n < organizations; n += 1) audiences.push(new Audience(await newClient(db, api.url)));
  const sockets: WebSocket[] = [];
  ends.defer(() => {
    for (const socket of sockets) socket.terminate();
  });
  for (const audience of audiences) {
    for (let n = 0; n < watchersEach; n += 1) sockets.push(await audience.join(api.url));
  }
  await sleep(2_000);

  const memory: number[] = [];
  let cuts = 0;
  const began = performance.now();
  for (let tick = 0; tick < seconds * ticksPerSecond; tick += 1) {
    await sleep(Math.max(0, began + (tick * 1_000) / ticksPerSecond - performance.now()));
    const each = jobsPerSecond / organizations / ticksPerSecond;
    await Promise.all(audiences.map(({ client }) => launch(db, client, each)));
    if (cutsAt.includes(tick / ticksPerSecond)) cuts += await cutListening(db);
    if (tick % ticksPerSecond === 0) memory.push(residentMb(api.pid));
  }
  await until(
    () => asOwner<{ left: number }>(db, "select count(*)::int as left from rowlock.live"),
    ([row]) => row?.left === 0,
    60_000,
  );
  const took = (performance.now() - began) / 1_000;
  await sleep(3_000);

  const rows = await asOwner<{ organization: string; id: string; at: Date }>(
    db,
    "select organization_id as organization, id, finished_at as at from rowlock.job_end",
  );
  const late: number[] = [];
  let missed = 0;
  const byOrganization = new Map(audiences.map((one) => [one.client.organizationId, one]));
  for (const { organization, id, at } of rows) {
    const audience = byOrganization.get(organization);
    const number = audience?.numbers.get(id);
    for (const arrivals of audience?.told ?? []) {
      const arrived = number === undefined ? 0 : (arrivals[number] ?? 0);
      if (arrived === 0) missed += 1;
      else late.push(arrived - at.getTime());
    }
  }
  late.sort((a, b) => a - b);
  const at = (part: number) => late[Math.min(late.length - 1, Math.floor(late.length * part))] ?? Number.NaN;
  const [early = 0, last = 0] = [middle(memory.slice(3, 10)), middle(memory.slice(-7))];
  const resyncs = audiences.reduce((sum, one) => sum + one.resyncs, 0);
  const figures = `${sockets.length} watchers of ${organizations} organizations, ${rows.length} jobs ended in ${took.toFixed(0)} s, ${cuts} connections cut: told ${late.length} times, ${at(0.5).toFixed(0)} ms after the end in the middle, ${at(0.99).toFixed(0)} at the 99th, ${at(1).toFixed(0)} at most; ${missed} missed, ${resyncs} resyncs; memory of the API ${early.toFixed(0)} and ${last.toFixed(0)} MB`;
  assert.equal(rows.length, jobsPerSecond * seconds, figures);
  assert.equal(cuts, cutsAt.length, figures);
  assert.equal(missed, 0, figures);
  assert.ok(at(1) <= longestMs, figures);
  assert.ok(last < early * 1.2 + 20, figures);
  return figures;
}

async function launch(db: TestDatabase, { member }: Client, count: number): Promise<void> {
  await withTenant(db.pool("api"), member, (tx) =>
    tx.query("select count(*) from rowlock.launch_jobs('note', array_fill($1::jsonb, array[$2::int]))", [
      { text: "watched" },
      count,
    ]),
  );
}

async function cutListening(db: TestDatabase): Promise<number> {
  const { rowCount } = await db
    .pool("admin")
    .query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'rowlock-api-live' and datname = current_database()",
    );
  return rowCount ?? 0;
}

function residentMb(pid: number | undefined): number {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb) / 1_024;
}

const middle = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
