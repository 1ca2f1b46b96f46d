import { z } from "zod";
import type { FindJobs } from "../jobs/index.ts";
import { bounds, endStates, liveStates } from "../sdk/index.ts";
import { toDate } from "./launch-request.ts";

const moment = z.iso.datetime({ offset: true });
/** In a query string one value is no list. */
const several = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item).min(1).max(100).optional(),
  );

/** What GraphQL's findJobs and REST's list of jobs take. */
export const findRequest = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Part of the payload, result, error message, key or progress note, in whatever case"),
  states: several(z.enum([...liveStates, ...endStates])),
  tasks: several(z.string().max(100)),
  key: z.string().max(bounds.keyLength).optional(),
  tag: z.string().max(bounds.tagLength).optional(),
  batchId: z.uuid().optional(),
  errorFingerprint: z.string().max(100).optional(),
  launchedAfter: moment.optional(),
  launchedBefore: moment.optional(),
  before: z.uuid().optional().describe("`next` of the page before"),
  first: z.coerce.number().int().min(1).max(100).default(50).describe("Page size"),
});

export function toFind({ launchedAfter, launchedBefore, ...find }: z.output<typeof findRequest>): FindJobs {
  return { ...find, launchedAfter: toDate(launchedAfter), launchedBefore: toDate(launchedBefore) };
}
