import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { RowlockError } from "../../sdk/index.ts";

/** What an encrypted text is bound to: moved elsewhere, it cannot be read. */
export type Place = { organizationId: string; id: string; purpose: string };
export type Sealed = { keyName: string; ciphertext: Buffer };

/** Keys by name: the first encrypts, all decrypt. */
export type KeyRing = {
  /** The name of the key that encrypts; null without any. */
  first: string | null;
  seal(text: string, place: Place): Sealed;
  /** @throws RowlockError INVALID_SETTING when its key is gone, or it was sealed for another place */
  open(sealed: Sealed, place: Place): string;
};

const algorithm = "aes-256-gcm";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Reads SECRET_KEYS: `name:base64,name:base64`, each of 32 bytes. To rotate, put a new key in front and keep the old ones
 * for as long as secrets name them.
 * @throws RowlockError INVALID_SETTING for a key that cannot be one
 */
export function readKeyRing(setting: string | undefined): KeyRing {
  const keys = new Map<string, Buffer>();
  for (const entry of (setting ?? "").split(",").filter((one) => one.trim() !== "")) {
    const [, name = "", text = ""] = /^\s*([\w-]{1,50}):([A-Za-z0-9+/_-]+={0,2})\s*$/.exec(entry) ?? [];
    const key = Buffer.from(text, "base64");
    if (name === "" || key.length !== keyBytes || keys.has(name)) {
      throw new RowlockError(
        "INVALID_SETTING",
        `SECRET_KEYS has an entry that is not a name of its own, a colon and ${keyBytes} bytes in base64. Make one with: openssl rand -base64 ${keyBytes}`,
      );
    }
    keys.set(name, key);
  }
  const [first] = keys;
  return {
    first: first?.[0] ?? null,
    seal(text, place) {
      if (first === undefined) {
        throw new RowlockError(
          "INVALID_SETTING",
          `A secret cannot be stored: SECRET_KEYS is not set. Set it, for API and workers alike, to a name, a colon and ${keyBytes} bytes in base64.`,
        );
      }
      const [keyName, key] = first;
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce);
      cipher.setAAD(boundTo(place));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return { keyName, ciphertext: Buffer.concat([nonce, cipher.getAuthTag(), body]) };
    },
    open({ keyName, ciphertext }, place) {
      const key = keys.get(keyName);
      if (key === undefined) {
        throw new RowlockError(
          "INVALID_SETTING",
          `A secret was encrypted with the key "${keyName}", which SECRET_KEYS no longer has. Put it back, behind the first.`,
        );
      }
      const decipher = createDecipheriv(algorithm, key, ciphertext.subarray(0, nonceBytes));
      decipher.setAAD(boundTo(place));
      decipher.setAuthTag(ciphertext.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        return (
          decipher.update(ciphertext.subarray(nonceBytes + tagBytes), undefined, "utf8") +
          decipher.final("utf8")
        );
      } catch (cause) {
        throw new RowlockError(
          "INVALID_SETTING",
          `A secret cannot be read: the key "${keyName}" is another than it was encrypted with, or it was moved.`,
          { cause },
        );
      }
    },
  };
}

function boundTo({ organizationId, id, purpose }: Place): Buffer {
  return Buffer.from([organizationId, id, purpose].join("\n"));
}
