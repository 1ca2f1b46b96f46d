import { randomBytes } from "node:crypto";
import { z } from "zod";
import { RowlockError, type Settings } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { webhookPurpose } from "../notify/message.ts";
import { parseAllowList, readTarget } from "../safe-fetch/index.ts";
import { readKeyRing, storeSecret } from "../secrets/index.ts";
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
  "ALLOW_INTERNAL_ADDRESSES" | "SMTP_URL" | "MAIL_FROM" | "SECRET_KEYS"
>;

/** Each end of a run tells as many as there are. */
const mostTargets = 50;

/**
 * Stores a target. A webhook is given a secret, which is stored encrypted and returned this once.
 * @throws RowlockError INVALID_ARGUMENT, INTERNAL_ADDRESS, CONFLICT when the name is taken, INVALID_SETTING for a webhook
 *   without SECRET_KEYS
 */
export async function createTarget(
  tx: TenantTransaction,
  input: TargetInput,
  settings: NotificationSettings,
): Promise<{ id: string; secret: string | null }> {
  refuseUnusable(input, settings);
  const { rows } = await tx.query<{ there: string }>(
    "select count(*) as there from evals.notification_targets",
  );
  if (Number(rows[0]?.there) >= mostTargets) {
    throw new RowlockError("INVALID_ARGUMENT", `There are ${mostTargets} targets already. Remove one first.`);
  }
  const secret = input.kind === "webhook" ? `whsec_${randomBytes(32).toString("base64")}` : null;
  const ring = readKeyRing(settings.SECRET_KEYS);
  const secretId = secret === null ? null : await storeSecret(tx, ring, webhookPurpose, secret);
  const id = await oneRow(
    tx,
    `insert into evals.notification_targets (name, kind, address, notify_on, enabled, secret_id)
     values ($1, $2, $3, $4, $5, $6) returning id`,
    [input.name, input.kind, input.address, input.notifyOn, input.enabled, secretId],
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
