import type { TenantTransaction } from "../tenancy/index.ts";
import { ask } from "./ask.ts";

/** Who acts in a tenant transaction, as the database has checked it. Names are null where an application keeps them elsewhere. */
export type Viewer = {
  organizationId: string;
  organizationName: string | null;
  userId: string | null;
  email: string | null;
  name: string | null;
  /** That of the membership, or of the API key if that is less. */
  role: string;
  apiKeyId: string | null;
};

/** @throws RowlockError NO_CLAIMS without an organization */
export async function readViewer(tx: TenantTransaction): Promise<Viewer | undefined> {
  const [viewer] = await ask<Viewer>(
    tx,
    `select organization_id as "organizationId", organization_name as "organizationName", user_id as "userId",
            email, name, role, api_key_id as "apiKeyId"
     from rowlock.viewer()`,
    [],
  );
  return viewer;
}
