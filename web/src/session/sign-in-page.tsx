import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { ViewerQueryText } from "../api/graphql.generated.ts";
import { forgetAnswers } from "../api/query-client.ts";
import { sendGraphql } from "../api/send.ts";
import { memberCredential } from "./member.ts";
import { useOffers } from "./offers.ts";
import { SignInCard } from "./sign-in-card.tsx";

export function SignInPage() {
  const { offers } = useOffers();
  return (
    <SignInCard
      title="Sign in to Rowlock"
      credential={memberCredential}
      check={(token) => sendGraphql("/graphql", token, ViewerQueryText, {})}
      offers={offers.map(({ organization, label, token }) => ({
        label: `to ${organization} as ${label}`,
        token,
      }))}
      label="API key or token"
      placeholder="rlk_…"
    >
      Keys are made by members on the page of keys, or by <code>createApiKey</code>; whoever runs the server
      makes tokens with <code>rowlock token</code>. Operators{" "}
      <Anchor component={Link} to="/operators" size="sm" underline="always">
        sign in elsewhere
      </Anchor>
      .
    </SignInCard>
  );
}

/** Everything that was read belongs to who was signed in. */
memberCredential.subscribe(() => {
  if (memberCredential.get().token === undefined) forgetAnswers();
});
