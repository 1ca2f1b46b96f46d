import { createCredential } from "./credential.ts";

/** The member who looks: one organization, one role. */
export const memberCredential = createCredential("rowlock.member");
