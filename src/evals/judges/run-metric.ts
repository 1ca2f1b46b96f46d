import { z } from "zod";
import { metricSchema } from "../metrics/index.ts";
import { modelSchema } from "../models/index.ts";

/** A metric as a run keeps it, with the model that judged by it when the run was launched, if there was one. */
export const runMetric = z.object({ name: z.string(), model: modelSchema.optional() }).and(metricSchema);

export type RunMetric = z.output<typeof runMetric>;
