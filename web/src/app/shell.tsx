import { useEffect, useMemo } from "react";
import { follow } from "../live/live.ts";
import { useHasEvals } from "../pages/evals/shared/use-has-evals.ts";
import { AccountMenu } from "../session/account-menu.tsx";
import { useCredential } from "../session/credential.ts";
import { memberCredential } from "../session/member.ts";
import { SignInPage } from "../session/sign-in-page.tsx";
import { organizationOf, useViewer } from "../session/use-viewer.ts";
import { Frame } from "./frame.tsx";
import { navigation } from "./navigation.ts";

/** The pages of a member, or the sign-in while nobody is signed in. */
export function Shell() {
  const { token } = useCredential(memberCredential);
  useEffect(() => (token === undefined ? undefined : follow(token)), [token]);
  return token === undefined ? <SignInPage /> : <SignedIn key={token} />;
}

function SignedIn() {
  const hasEvals = useHasEvals();
  const shown = useMemo(
    () => navigation.filter(({ needsEvals }) => hasEvals || needsEvals !== true),
    [hasEvals],
  );
  const viewer = useViewer();
  const organization = organizationOf(viewer);
  return (
    <Frame
      name="Rowlock"
      navigation={shown}
      account={
        <AccountMenu credential={memberCredential} name={organization}>
          {viewer?.name ?? viewer?.email ?? "Signed in"} · {viewer?.role} of {organization}
          {viewer?.apiKeyId == null ? null : ", by an API key"}
        </AccountMenu>
      }
    />
  );
}
