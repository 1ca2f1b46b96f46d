import type { MemberRole } from "../../src/sdk/index.ts";
import type { Member } from "../../src/tenancy/index.ts";
import type { TestMember } from "../../src/testing/index.ts";
import type { TestDatabase } from "./database.ts";

export type TestOrganization = Pick<TestMember, "organizationId" | "userId" | "member">;

/** A new organization with an owner; with another role, also a user of that role, who is then the member returned. */
export async function makeOrganization(
  db: TestDatabase,
  options?: { role?: MemberRole },
): Promise<TestOrganization> {
  return await db.organization(options);
}

/** Adds a new user to an organization; returns its id. */
export async function addMember(db: TestDatabase, organizationId: string, role: MemberRole): Promise<string> {
  return (await db.as({ organizationId, userId: "" }).colleague({ role })).userId;
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
  const { rows } = await db.pool("owner").query(sql, values);
  return rows as Row[];
}
