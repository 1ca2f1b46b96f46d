import { RowlockError, type Settings } from "../sdk/index.ts";
import { credentialOf, type KeySettings, signToken, tokenVerifier } from "./token.ts";

type TokenSettings = KeySettings & Pick<Settings, "JWT_AUDIENCE" | "JWT_OPS_AUDIENCE">;

/** Whoever runs the platform, by the name in the token: for the log. It is of no organization. */
export type Operator = { name: string };

export type AuthenticateOperator = (header: string | undefined) => Promise<Operator>;

/** What is written into each line of the log. */
const longestName = 200;

/**
 * Makes the function that turns an Authorization header into an operator. Takes tokens of the operators' own audience
 * and no others: a token that is for tenants as well would make every place that holds one a way in here.
 * @throws RowlockError INVALID_SETTING when both audiences are the same;
 *   (from the function) UNAUTHENTICATED, TOKEN_EXPIRED, FETCH_FAILED
 */
export function createOperatorAuthenticator(settings: TokenSettings): AuthenticateOperator {
  const audience = settings.JWT_OPS_AUDIENCE;
  if (audience === settings.JWT_AUDIENCE) {
    throw new RowlockError(
      "INVALID_SETTING",
      `JWT_OPS_AUDIENCE and JWT_AUDIENCE are both "${audience}", so a tenant's token would open the operators' door. Change one.`,
    );
  }
  const verify = tokenVerifier(settings, audience, ["sub"]);
  return async (header) => {
    const { aud, sub } = await verify(credentialOf(header));
    if (Array.isArray(aud) && aud.length > 1) {
      throw new RowlockError(
        "UNAUTHENTICATED",
        `The token is for several audiences. Send one that is for "${audience}" alone.`,
      );
    }
    if (typeof sub !== "string" || sub === "" || sub.length > longestName) {
      throw new RowlockError(
        "UNAUTHENTICATED",
        `The token's claim "sub" must name the operator, in at most ${longestName} characters.`,
      );
    }
    return { name: sub };
  };
}

/** Signs a token (HS256) for an operator; for the command line and tests. */
export async function issueOperatorToken(
  settings: TokenSettings,
  operator: Operator & { expiresIn: number | string },
): Promise<string> {
  return await signToken(settings, {
    audience: settings.JWT_OPS_AUDIENCE,
    subject: operator.name,
    expiresIn: operator.expiresIn,
  });
}
