import { Command } from "commander";
import { issueToken } from "../tenancy/index.ts";
import { asOwner, createOrganization } from "./admin.ts";

export function organizationCommand(): Command {
  const create = new Command("create")
    .description("Make an organization with its first owner, and a token for that user.")
    .argument("<name>", "of the organization")
    .argument("<email>", "of the owner")
    .action((name: string, email: string) =>
      asOwner(async (pool, { settings }) => {
        const made = await createOrganization(pool, name, email);
        const token = await issueToken(settings, { ...made, expiresIn: "30d" });
        console.log(JSON.stringify({ ...made, token }, null, 2));
      }),
    );
  return new Command("organization").description("Manage organizations.").addCommand(create);
}
