import { randomBytes } from "node:crypto";
import { z } from "zod";
import { RowlockError, type Settings } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { seal } from "../notify/sealed.ts";
import { parseAllowList, readTarget } from "../safe-fetch/index.ts";
import type { Named } from "./lists.ts";
import { oneRow } from "./rows.ts";

const notifyOn = z
  .enum(["always", "failed", "regressed"])
  .describe("failed: not every test passed; regressed: one failed that passed in the run before");

/** A target as callers give it. */
export const targetInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    kind: z.enum(["email", "webhook"]),
    address: z.string().min(3).max(2_000).describe("An e-mail address, or a URL"),
    notifyOn: notifyOn.default("always"),
    enabled: z.boolean().default(true),
  })
  .meta({ id: "NotificationTargetInput" });
export type TargetInput = z.output<typeof targetInput>;

export const notificationTargets: Named = {
  table: "evals.notification_targets",
  columns: "'kind', t.kind, 'address', t.address, 'notifyOn', t.notify_on, 'enabled', t.enabled",
  schema: z
    .object({
      id: z.uuid(),
      name: z.string(),
      kind: z.string(),
      address: z.string(),
      notifyOn,
      enabled: z.boolean(),
      createdAt: z.iso.datetime(),
    })
    .meta({ id: "NotificationTarget" }),
};

export type NotificationSettings = Pick<
  Settings,
  "ALLOW_INTERNAL_ADDRESSES" | "SMTP_URL" | "MAIL_FROM" | "NOTIFICATION_KEY"
>;

/** Each end of a run tells as many as there are. */
const mostTargets = 50;

/**
 * Stores a target. A webhook is given a secret, which is stored sealed and returned this once.
 * @throws RowlockError INVALID_ARGUMENT, INTERNAL_ADDRESS, CONFLICT when the name is taken
 */
export async function createTarget(
  tx: TenantTransaction,
  input: TargetInput,
  settings: NotificationSettings,
): Promise<{ id: string; secret: string | null }> {
  refuseUnusable(input, settings);
  const { rows } = await tx.query<{ id: string; there: string }>(
    "select rowlock.uuid7() as id, (select count(*) from evals.notification_targets) as there",
  );
  if (Number(rows[0]?.there) >= mostTargets) {
    throw new RowlockError("INVALID_ARGUMENT", `There are ${mostTargets} targets already. Remove one first.`);
  }
  const id = String(rows[0]?.id);
  const secret = input.kind === "webhook" ? `whsec_${randomBytes(32).toString("base64")}` : null;
  await oneRow(
    tx,
    `insert into evals.notification_targets (id, name, kind, address, notify_on, enabled, sealed_secret)
     values ($1, $2, $3, $4, $5, $6, $7) returning id`,
    [
      id,
      input.name,
      input.kind,
      input.address,
      input.notifyOn,
      input.enabled,
      secret === null ? null : seal(secret, id, keyIn(settings)),
    ],
    `A notification target named "${input.name}"`,
  );
  return { id, secret };
}

/** Replaces a target; its kind and secret stay. @throws as `createTarget`; NOT_FOUND, also for one of another kind */
export async function replaceTarget(
  tx: TenantTransaction,
  id: string,
  input: TargetInput,
  settings: NotificationSettings,
): Promise<string> {
  refuseUnusable(input, settings);
  return await oneRow(
    tx,
    `update evals.notification_targets set (name, address, notify_on, enabled) = ($1, $2, $3, $4)
     where id = $5 and kind = $6 returning id`,
    [input.name, input.address, input.notifyOn, input.enabled, id, input.kind],
    `A notification target named "${input.name}"`,
  );
}

/** @throws RowlockError NOT_FOUND, NOT_ALLOWED */
export async function deleteTarget(tx: TenantTransaction, id: string): Promise<string> {
  const sql = "delete from evals.notification_targets where id = $1 returning id";
  return await oneRow(tx, sql, [id], "A notification target");
}

function refuseUnusable({ kind, address }: TargetInput, settings: NotificationSettings): void {
  if (kind === "webhook") {
    keyIn(settings);
    readTarget(address, parseAllowList(settings.ALLOW_INTERNAL_ADDRESSES));
    return;
  }
  if (!z.email().safeParse(address).success) {
    throw new RowlockError("INVALID_ARGUMENT", `"${address.slice(0, 200)}" is no e-mail address.`, {
      issues: [{ path: "/address", message: "is no e-mail address" }],
    });
  }
  if (settings.SMTP_URL === undefined || settings.MAIL_FROM === undefined) {
    throw new RowlockError(
      "INVALID_ARGUMENT",
      "No mail is sent from here. The operator sets SMTP_URL and MAIL_FROM first; or use a webhook.",
    );
  }
}

function keyIn({ NOTIFICATION_KEY }: NotificationSettings): string {
  if (NOTIFICATION_KEY !== undefined) return NOTIFICATION_KEY;
  throw new RowlockError(
    "INVALID_ARGUMENT",
    "No secret can be kept here, so no webhook be signed. The operator sets NOTIFICATION_KEY first.",
  );
}
