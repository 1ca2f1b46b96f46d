import { z } from "zod";

const headerName = z.string().min(1).max(200);

/** How a call says who it is, as it is kept and shown: everything but the secret. */
export const authSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("none") }),
  z.object({ type: z.literal("bearer") }),
  z.object({ type: z.literal("header"), name: headerName }),
  z.object({
    type: z.literal("oauth"),
    tokenUrl: z.string().min(1).max(2_000),
    clientId: z.string().min(1).max(500),
    scope: z.string().min(1).max(1_000).optional(),
    audience: z.string().min(1).max(1_000).optional(),
  }),
]);

export type Auth = z.output<typeof authSchema>;

const secret = z
  .string()
  .min(1)
  .max(8_000)
  .optional()
  .describe("Never shown again. Without it a replacement keeps the one that is stored");

/** The same as callers give it. */
export const authInput = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("none") }),
    z.strictObject({ type: z.literal("bearer"), token: secret }),
    z.strictObject({ type: z.literal("header"), name: headerName, value: secret }),
    z.strictObject({
      type: z.literal("oauth"),
      tokenUrl: z.string().min(1).max(2_000),
      clientId: z.string().min(1).max(500),
      clientSecret: secret,
      scope: z.string().min(1).max(1_000).optional(),
      audience: z.string().min(1).max(1_000).optional(),
    }),
  ])
  .meta({ id: "EndpointAuth" });

export type AuthInput = z.output<typeof authInput>;

/** What is shown of it, and what is not. */
export function withoutSecret(input: AuthInput): { auth: Auth; secret: string | undefined } {
  switch (input.type) {
    case "none":
      return { auth: input, secret: undefined };
    case "bearer":
      return { auth: { type: "bearer" }, secret: input.token };
    case "header":
      return { auth: { type: "header", name: input.name }, secret: input.value };
    case "oauth": {
      const { clientSecret, ...auth } = input;
      return { auth, secret: clientSecret };
    }
  }
}

/** Names of headers that usually carry a credential: their values are kept as secrets, wherever they are given. */
export function carriesSecret(name: string): boolean {
  return /^(proxy-)?authorization$|cookie|key|token|secret|passw|credential|signature/i.test(name);
}
