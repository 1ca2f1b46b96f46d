import { useState } from "react";
import { toApiError } from "../api/api-error.ts";
import type { Credential } from "./credential.ts";

/** Resolves when the API answers to a credential. @throws what it refuses with */
export type Check = (token: string) => Promise<unknown>;

/** The sign-in's field: a credential counts once the API has answered to it. */
export function useSignIn(credential: Credential, check: Check) {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function signIn(given: string): Promise<void> {
    const trimmed = given.trim().replace(/^Bearer\s+/i, "");
    if (trimmed === "") {
      setError("Paste it here first.");
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      await check(trimmed);
      credential.signIn(trimmed);
    } catch (refused) {
      setError(toApiError(refused).message);
    } finally {
      setBusy(false);
    }
  }

  return { token, setToken, error, busy, signIn };
}
