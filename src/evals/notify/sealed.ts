import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { RowlockError } from "../../sdk/index.ts";

const cipher = "aes-256-gcm";
const [nonceBytes, tagBytes] = [12, 16];

/** Encrypts a signing secret for the database. Bound to its target: in another's row it cannot be opened. */
export function seal(secret: string, targetId: string, key: string): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, keyOf(key), nonce).setAAD(Buffer.from(targetId));
  const sealed = Buffer.concat([sealing.update(secret, "utf8"), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), sealed]).toString("base64url");
}

/** @throws RowlockError INVALID_SETTING when it was sealed with another key, or for another target */
export function unseal(sealed: string, targetId: string, key: string): string {
  const bytes = Buffer.from(sealed, "base64url");
  const [nonce, tag] = [bytes.subarray(0, nonceBytes), bytes.subarray(nonceBytes, nonceBytes + tagBytes)];
  try {
    const opening = createDecipheriv(cipher, keyOf(key), nonce, { authTagLength: tagBytes });
    opening.setAAD(Buffer.from(targetId)).setAuthTag(tag);
    return opening.update(bytes.subarray(nonceBytes + tagBytes)).toString("utf8") + opening.final("utf8");
  } catch (cause) {
    throw new RowlockError(
      "INVALID_SETTING",
      "The webhook's secret cannot be opened: NOTIFICATION_KEY is another one than when it was stored. Set the old key, or make the target anew.",
      { cause },
    );
  }
}

function keyOf(key: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", "rowlock notification secrets", 32));
}
