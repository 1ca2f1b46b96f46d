import { Command } from "commander";
import { issueToken } from "../tenancy/index.ts";
import { readEnvironment } from "./environment.ts";

export function tokenCommand(): Command {
  return new Command("token")
    .description("Sign a token with JWT_SECRET, for development and scripts.")
    .requiredOption("--organization <uuid>")
    .requiredOption("--user <uuid>")
    .option("--expires-in <time>", "such as 1h or 30d", "1h")
    .action(async (options: { organization: string; user: string; expiresIn: string }) => {
      const { settings } = await readEnvironment();
      const who = {
        organizationId: options.organization,
        userId: options.user,
        expiresIn: options.expiresIn,
      };
      console.log(await issueToken(settings, who));
    });
}
