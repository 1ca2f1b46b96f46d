import { randomBytes } from "node:crypto";
import type { MemberRole } from "../../src/sdk/index.ts";
import type { Member } from "../../src/tenancy/index.ts";
import { type TestDatabase, withClient } from "./database.ts";

export type TestOrganization = {
  organizationId: string;
  userId: string;
  /** What `withTenant` takes. */
  member: Member;
};

/** A new organization with an owner; with another role, also a user of that role, who is then the member returned. */
export async function makeOrganization(
  db: TestDatabase,
  { role = "owner" }: { role?: MemberRole } = {},
): Promise<TestOrganization> {
  const name = randomBytes(5).toString("hex");
  const [made] = await asOwner<{ organization_id: string; user_id: string }>(
    db,
    "select * from rowlock_private.create_organization($1, $2)",
    [name, `owner@${name}.example`],
  );
  if (made === undefined) throw new Error("create_organization returned nothing");
  const organizationId = made.organization_id;
  const userId = role === "owner" ? made.user_id : await addMember(db, organizationId, role);
  return { organizationId, userId, member: { organizationId, userId } };
}

/** Adds a new user to an organization; returns its id. */
export async function addMember(db: TestDatabase, organizationId: string, role: MemberRole): Promise<string> {
  const [user] = await asOwner<{ user_id: string }>(
    db,
    `with u as (insert into rowlock.users (email) values ($1) returning id)
     insert into rowlock.memberships (organization_id, user_id, role) select $2, id, $3 from u returning user_id`,
    [`${role}-${randomBytes(5).toString("hex")}@test.example`, organizationId, role],
  );
  if (user === undefined) throw new Error("no member was added");
  return user.user_id;
}

export async function removeMember(db: TestDatabase, member: Member): Promise<void> {
  await asOwner(db, "delete from rowlock.memberships where organization_id = $1 and user_id = $2", [
    member.organizationId,
    member.userId,
  ]);
}

export async function suspend(db: TestDatabase, organizationId: string): Promise<void> {
  await asOwner(db, "update rowlock.organizations set state = 'suspended' where id = $1", [organizationId]);
}

/** Runs SQL as the owner of the schemas; several statements only without values. */
export async function asOwner<Row>(db: TestDatabase, sql: string, values?: unknown[]): Promise<Row[]> {
  return await withClient(db.urls.admin, async (client) => {
    await client.query("set role rowlock_owner");
    const { rows } = await client.query(sql, values);
    return rows as Row[];
  });
}
