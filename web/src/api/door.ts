import type { Credential } from "../session/credential.ts";

/** Where operations go, and as whom. */
export type Door = { path: string; credential: Credential };
