import { useState } from "react";
import { toApiError } from "../api/api-error.ts";
import { ViewerQueryText } from "../api/graphql.generated.ts";
import { sendGraphql } from "../api/send.ts";
import { memberCredential } from "./member.ts";

/** The sign-in's field: a credential counts once the API has answered to it. */
export function useSignIn() {
  const [token, setToken] = useState("");
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function signIn(credential: string): Promise<void> {
    const trimmed = credential.trim().replace(/^Bearer\s+/i, "");
    if (trimmed === "") {
      setError("Paste an API key or a token.");
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      await sendGraphql("/graphql", trimmed, ViewerQueryText, {});
      memberCredential.signIn(trimmed);
    } catch (refused) {
      setError(toApiError(refused).message);
    } finally {
      setBusy(false);
    }
  }

  return { token, setToken, error, busy, signIn };
}
