import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createPool } from "../../src/db/index.ts";
import { isInfrastructureError } from "../../src/sdk/index.ts";
import { openTenant, type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, testLogger } from "../helpers/database.ts";
import { createNotes, noteTexts } from "../helpers/jobs.ts";
import {
  addMember,
  asOwner,
  makeOrganization,
  suspend,
  type TestOrganization,
} from "../helpers/organization.ts";
import { countRoundTrips } from "../helpers/round-trips.ts";

let db: TestDatabase;
let north: TestOrganization;
let south: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  north = await makeOrganization(db);
  south = await makeOrganization(db);
});
after(() => db.drop());

const write = (tx: TenantTransaction, text: string) =>
  tx.query("insert into app.notes (text) values ($1)", [text]);

/** A pool of one connection: what one caller leaves behind, the next would find. */
function onePool() {
  return createPool({ url: db.urls.api, max: 1, name: "one", logger: testLogger });
}

test("commits what the work did, under the organization, user and role the database found", async () => {
  const claims = await withTenant(db.pool("api"), { ...north.member, source: "test" }, async (tx) => {
    await write(tx, "committed");
    const { rows } = await tx.query(`
      select current_user as "current", current_setting('rowlock.organization_id') as organization,
             current_setting('rowlock.user_id') as "user", current_setting('rowlock.role') as role,
             current_setting('rowlock.source') as source, current_setting('statement_timeout') as timeout`);
    return rows[0];
  });
  assert.deepEqual(claims, {
    current: "rowlock_tenant",
    organization: north.organizationId,
    user: north.userId,
    role: "owner",
    source: "test",
    timeout: "1min",
  });
  assert.ok((await noteTexts(db)).includes("committed"));
});

test("rolls back when the work throws, and throws the same", async () => {
  const reason = new Error("no");
  await assert.rejects(
    withTenant(db.pool("api"), north.member, async (tx) => {
      await write(tx, "rolled back");
      throw reason;
    }),
    reason,
  );
  assert.ok(!(await noteTexts(db)).includes("rolled back"));
});

test("BEGIN, the checks, the claims, the role and the first query are one round trip, the commit another", async () => {
  await using counter = await countRoundTrips(db.urls.admin);
  const pool = createPool({ url: counter.through(db.urls.api), max: 1, name: "counted", logger: testLogger });
  try {
    await withTenant(pool, north.member, (tx) => tx.query("select 1 as first"));
    counter.trips.length = 0;
    await withTenant(pool, north.member, async (tx) => {
      await tx.query("select 2 as second");
    });
    assert.deepEqual(
      counter.trips.map((trip) => trip.statements),
      [
        [
          "begin; set local statement_timeout = 60000",
          "select rowlock_private.enter($1, $2, $3, $4)",
          "set local role rowlock_tenant",
          "select 2 as second",
        ],
        ["commit"],
      ],
    );
  } finally {
    await pool.end();
  }
});

test("claims, role and time limit vanish with the transaction, committed or not, and the connection serves on", async () => {
  const pool = onePool();
  try {
    const pids = new Set<unknown>();
    for (const end of ["commit", "throw", "database error", "swallowed error", "refused"]) {
      const member = end === "refused" ? { ...north.member, userId: south.userId } : north.member;
      await withTenant(pool, member, async (tx) => {
        if (end === "throw") throw new Error("thrown");
        if (end === "database error") await tx.query("select 1 / 0");
        if (end === "swallowed error") await tx.query("select 1 / 0").catch(() => undefined);
      }).catch(() => undefined);
      const { rows } = await pool.query(`
        select pg_backend_pid() as pid, current_user as "user", current_setting('statement_timeout') as timeout,
               coalesce(current_setting('rowlock.organization_id', true), '') as organization,
               coalesce(current_setting('rowlock.role', true), '') as role`);
      pids.add(rows[0].pid);
      assert.deepEqual(
        { ...rows[0], pid: 0 },
        { pid: 0, user: "rowlock_api", timeout: "0", organization: "", role: "" },
        end,
      );
      const seen = await withTenant(pool, south.member, (tx) => tx.query("select from app.notes"));
      assert.equal(seen.rowCount, 0, `after ${end} the next organization sees another's rows`);
    }
    assert.equal(pids.size, 1);
  } finally {
    await pool.end();
  }
});

test("a transaction kept beyond its end is refused, whoever has the connection by then", async () => {
  const pool = onePool();
  try {
    let kept: TenantTransaction | undefined;
    await withTenant(pool, north.member, async (tx) => {
      kept = tx;
    });
    await withTenant(pool, south.member, async () => {
      await assert.rejects(kept?.query("select 1") ?? Promise.resolve(), {
        code: "INTERNAL",
        message: /This transaction has ended/,
      });
    });
  } finally {
    await pool.end();
  }
});

test("an error that the work swallows is told and not lost", async () => {
  await assert.rejects(
    withTenant(db.pool("api"), north.member, async (tx) => {
      await write(tx, "half");
      await tx.query("select 1 / 0").catch(() => undefined);
    }),
    { code: "INTERNAL", message: /rolled back because a statement in it had failed/ },
  );
  assert.ok(!(await noteTexts(db)).includes("half"));
});

test("a query that nobody awaits is told by the commit and does not end the process", async () => {
  await assert.rejects(
    withTenant(db.pool("api"), north.member, async (tx) => {
      void tx.query("select 1 / 0");
    }),
    { code: "INTERNAL", message: /had failed/ },
  );
});

test("a savepoint lets the work go on after an error", async () => {
  await withTenant(db.pool("api"), north.member, async (tx) => {
    await tx.query("savepoint here");
    await tx.query("select 1 / 0").catch(() => tx.query("rollback to savepoint here"));
    await write(tx, "after a savepoint");
  });
  assert.ok((await noteTexts(db)).includes("after a savepoint"));
});

test("a stranger is refused, with the reason and not with what came of it", async () => {
  for (const member of [
    { ...north.member, userId: south.userId },
    { organizationId: north.organizationId, userId: north.organizationId },
  ]) {
    await assert.rejects(
      withTenant(db.pool("api"), member, (tx) => write(tx, "stranger")),
      { code: "NOT_A_MEMBER", message: /is not a member of organization .* Ask an administrator/ },
    );
  }
});

test("an unknown and a suspended organization are refused alike", async () => {
  const closed = await makeOrganization(db);
  await suspend(db, closed.organizationId);
  for (const organizationId of [closed.organizationId, closed.userId]) {
    await assert.rejects(
      withTenant(db.pool("api"), { organizationId, userId: closed.userId }, (tx) => tx.query("select 1")),
      { code: "ORGANIZATION_INACTIVE" },
    );
  }
});

test("an API key acts with the lesser of its own and its user's role, and not once it is revoked or expired", async () => {
  const organization = await makeOrganization(db);
  const makeKey = async (role: string, expires: string | null = null) => {
    const { id } = await withTenant(db.pool("api"), organization.member, async (tx) => {
      const { rows } = await tx.query<{ id: string }>(
        "select id from rowlock.create_api_key('key', $1, now() + $2::interval)",
        [role, expires],
      );
      return rows[0] ?? { id: "" };
    });
    return { ...organization.member, apiKeyId: id };
  };
  const roleOf = async (tx: TenantTransaction) =>
    (await tx.query("select current_setting('rowlock.role') as role")).rows[0]?.role;
  const viewing = await makeKey("viewer");
  assert.equal(await withTenant(db.pool("api"), viewing, roleOf), "viewer");
  await asOwner(db, "update rowlock.memberships set role = 'member' where user_id = $1", [
    organization.userId,
  ]);
  await asOwner(db, "update rowlock.api_keys set role = 'owner' where id = $1", [viewing.apiKeyId]);
  assert.equal(await withTenant(db.pool("api"), viewing, roleOf), "member");
  await asOwner(db, "update rowlock.memberships set role = 'owner' where user_id = $1", [
    organization.userId,
  ]);
  await withTenant(db.pool("api"), organization.member, (tx) =>
    tx.query("select rowlock.revoke_api_key($1)", [viewing.apiKeyId]),
  );
  const other = await addMember(db, organization.organizationId, "member");
  const lapsed = await makeKey("member", "-1 second");
  for (const member of [viewing, lapsed, { ...(await makeKey("member")), userId: other }]) {
    await assert.rejects(withTenant(db.pool("api"), member, roleOf), { code: "UNAUTHENTICATED" });
  }
});

test("a transaction that has claims takes no others", async () => {
  const client = await db.pool("api").connect();
  try {
    const enter = (who: TestOrganization) =>
      client.query("select rowlock_private.enter($1, $2, 'test')", [who.organizationId, who.userId]);
    await client.query("begin");
    await enter(north);
    await assert.rejects(enter(south), { code: "RL409" });
    await client.query("rollback");
    await client.query("begin");
    await enter(north);
    await client.query("set local role rowlock_tenant");
    await assert.rejects(enter(south), { code: "42501" });
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("work that does not stop is cut: its statement is cancelled, its writes are gone", async () => {
  const entry = {
    text: "select rowlock_private.enter($1, $2, 'test')",
    values: [north.organizationId, north.userId],
  };
  const tenant = await openTenant(db.pool("api"), entry);
  await write(tenant.tx, "cut");
  const begun = Date.now();
  const sleeping = tenant.tx.query("select pg_sleep(20)");
  tenant.destroy();
  await assert.rejects(sleeping);
  assert.ok(Date.now() - begun < 5_000);
  await assert.rejects(tenant.commit(), { code: "INTERNAL" });
  await assert.rejects(tenant.tx.query("commit"), { code: "INTERNAL" });
  assert.ok(!(await noteTexts(db)).includes("cut"));
});

test("a connection lost in the work costs that transaction alone", async () => {
  const pool = onePool();
  try {
    await assert.rejects(
      withTenant(pool, north.member, async (tx) => {
        const { rows } = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
        await write(tx, "lost");
        await db.pool("admin").query("select pg_terminate_backend($1)", [rows[0]?.pid]);
        await write(tx, "lost as well");
      }),
      isInfrastructureError,
    );
    await withTenant(pool, north.member, (tx) => write(tx, "after a loss"));
  } finally {
    await pool.end();
  }
  const texts = await noteTexts(db);
  assert.ok(texts.includes("after a loss") && !texts.some((text) => text.startsWith("lost")));
});
