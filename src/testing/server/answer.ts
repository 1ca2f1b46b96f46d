import { z } from "zod";

/** What the host tells each process that comes: the URL of its Postgres, as superuser, or why there is none. */
export const answerSchema = z.union([z.object({ url: z.string() }), z.object({ error: z.string() })]);
export type Answer = z.infer<typeof answerSchema>;
