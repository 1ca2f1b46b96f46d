import type { Message } from "../models/index.ts";

/** What the endpoint is asked. */
export type Question = {
  input: string;
  /** In a conversation: all that was said, the input last, and the endpoint's own name for the conversation. */
  said?: { messages: Message[]; conversationId: string | null };
};
