import { z } from "zod";
import type { RemoteOptions } from "../remote/client.ts";
import { Refusal } from "../remote/refusal.ts";

const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const schema = z.object({
  api: z.string().optional(),
  token: z.string().optional(),
  testSet: z.string(),
  endpoint: z.string(),
  metric: z.array(z.string()).optional(),
  wait: z.boolean().default(false),
  failUnder: z.coerce
    .number("must be a number from 0 to 1")
    .min(0)
    .max(1, "must be from 0 to 1: 0.9 for 90 %")
    .optional(),
  failOnRegression: z.boolean().default(false),
  junit: z.string().optional(),
  json: z.string().optional(),
  markdown: z.string().optional(),
  concurrency: whole(1, 10_000).optional(),
  repeat: whole(1, 100).optional(),
  timeout: z.coerce
    .number()
    .min(1)
    .max(7 * 86_400)
    .optional(),
});

export type Options = z.output<typeof schema> & RemoteOptions;

/** Flags as commander gives them. A gate or a file needs the end, so each of them waits for it. @throws Refusal */
export function readOptions(given: unknown): Options {
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const flag = String(issue?.path[0]).replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new Refusal(`--${flag} ${issue?.message}.`);
  }
  const options = parsed.data;
  const { failUnder, failOnRegression, junit, json, markdown, timeout } = options;
  const needsEnd =
    failOnRegression || [failUnder, junit, json, markdown, timeout].some((one) => one !== undefined);
  return { ...options, wait: options.wait || needsEnd };
}
