import { z } from "zod";

const asked = {
  modelId: z.uuid().optional().describe("Which model judges. Unset: the organization's default for judging"),
  instructions: z.string().min(1).max(20_000).describe("What to look at and how to decide, for the model"),
};

/** A score within a range; what reaches the threshold passes. */
const numericParameters = z
  .strictObject({
    ...asked,
    min: z.number().default(0),
    max: z.number().default(10),
    threshold: z.number().describe("Least score that passes"),
  })
  .superRefine(({ min, max, threshold }, context) => {
    if (min >= max) context.addIssue({ code: "custom", path: ["max"], message: "must be above min" });
    else if (threshold < min || threshold > max) {
      context.addIssue({ code: "custom", path: ["threshold"], message: `must be between ${min} and ${max}` });
    }
  });

/** One of several categories, some of which pass. */
const categoricalParameters = z
  .strictObject({
    ...asked,
    categories: z.array(z.string().min(1).max(200)).min(2).max(50),
    passing: z.array(z.string()).min(1).describe("Which of the categories pass"),
  })
  .superRefine(({ categories, passing }, context) => {
    const known = new Set(categories);
    if (known.size < categories.length) {
      context.addIssue({ code: "custom", path: ["categories"], message: "names a category twice" });
    }
    for (const [at, name] of passing.entries()) {
      if (!known.has(name)) {
        context.addIssue({
          code: "custom",
          path: ["passing", at],
          message: `"${name}" is not one of the categories`,
        });
      }
    }
  });

/** Whether a conversation reached what it was for. */
const goalParameters = z.strictObject({
  modelId: asked.modelId,
  goal: z.string().min(1).max(20_000).describe("What the conversation is to reach"),
});

/** Metrics by which a model judges. */
export const modelKinds = ["numeric", "categorical", "goal"] as const;

export const modelSchemas = [
  z.object({ kind: z.literal("numeric"), parameters: numericParameters }),
  z.object({ kind: z.literal("categorical"), parameters: categoricalParameters }),
  z.object({ kind: z.literal("goal"), parameters: goalParameters }),
] as const;

export type ModelMetric = z.output<(typeof modelSchemas)[number]>;
