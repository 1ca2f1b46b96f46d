import { Anchor } from "@mantine/core";
import { Link } from "react-router";
import { ApiError, toApiError } from "../api/api-error.ts";
import { forgetAnswers } from "../api/query-client.ts";
import { sendGraphql } from "../api/send.ts";
import { useOffers } from "../session/offers.ts";
import { SignInCard } from "../session/sign-in-card.tsx";
import { operatorCredential } from "./door.ts";
import { OperatorSignInQueryText } from "./graphql.generated.ts";

export function SignIn() {
  const { operator } = useOffers();
  return (
    <SignInCard
      title="Operators of Rowlock"
      credential={operatorCredential}
      check={check}
      offers={operator === null ? [] : [{ label: "as an operator", token: operator.token }]}
      label="Operator's token"
      placeholder="eyJ…"
    >
      Whoever runs the server makes it with <code>rowlock token --operator NAME</code>. Members{" "}
      <Anchor component={Link} to="/overview" size="sm" underline="always">
        sign in elsewhere
      </Anchor>
      .
    </SignInCard>
  );
}

async function check(token: string): Promise<void> {
  try {
    await sendGraphql("/ops/graphql", token, OperatorSignInQueryText, {});
  } catch (error) {
    if (toApiError(error).code !== "NOT_FOUND") throw error;
    throw new ApiError(
      "NOT_FOUND",
      "This API has no operators' door. Whoever runs it opens one by setting OPS_DATABASE_URL.",
    );
  }
}

operatorCredential.subscribe(() => {
  if (operatorCredential.get().token === undefined) forgetAnswers();
});
