import { z } from "zod";

/** A multi-turn test as a result keeps it. */
export const conversationSettings = z.object({
  goal: z.string(),
  instructions: z.string(),
  restrictions: z.string().nullable(),
  maxTurns: z.int().min(1).max(50),
  /** Which model plays the user; null: the organization's default. */
  modelId: z.uuid().nullable(),
});

export type ConversationSettings = z.output<typeof conversationSettings>;

/** Why a conversation ended: the user was done with it, or a bound was reached. */
export const conversationEnd = z
  .object({ by: z.enum(["user", "max_turns", "length"]), reason: z.string() })
  .describe("user: the simulated user says that the goal is reached, or gives up")
  .meta({ id: "ConversationEnd" });

export type ConversationEnd = z.output<typeof conversationEnd>;
