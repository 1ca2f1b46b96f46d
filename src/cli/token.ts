import { Command } from "commander";
import { RowlockError } from "../sdk/index.ts";
import { issueOperatorToken, issueToken } from "../tenancy/index.ts";
import { readEnvironment } from "./environment.ts";

type Options = { organization?: string; user?: string; operator?: string; expiresIn: string };

export function tokenCommand(): Command {
  return new Command("token")
    .description("Sign a token with JWT_SECRET, for development and scripts.")
    .option("--organization <uuid>", "of the user")
    .option("--user <uuid>", "whom the token is for")
    .option("--operator <name>", "instead of a user: whoever runs the platform")
    .option("--expires-in <time>", "such as 1h or 30d", "1h")
    .action(async (options: Options) => {
      const { settings } = await readEnvironment();
      const { organization, user, operator, expiresIn } = options;
      if (operator !== undefined && organization === undefined && user === undefined) {
        console.log(await issueOperatorToken(settings, { name: operator, expiresIn }));
      } else if (operator === undefined && organization !== undefined && user !== undefined) {
        console.log(await issueToken(settings, { organizationId: organization, userId: user, expiresIn }));
      } else {
        throw new RowlockError(
          "INVALID_ARGUMENT",
          "Say who the token is for: --organization <uuid> and --user <uuid>, or --operator <name> alone.",
        );
      }
    });
}
