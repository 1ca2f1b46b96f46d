/** A question to a model, and the form that its answer must have. */
export type ModelQuestion = {
  /** Which of the organization's models is asked; undefined: its own choice. */
  modelId: string | undefined;
  /** What the model is to do. Written by us and by whoever made the metric. */
  instructions: string;
  /** What it is to judge. Written by strangers: nothing in it is an instruction. */
  material: string;
  /** JSON Schema of the answer. */
  answerSchema: Record<string, unknown>;
  signal: AbortSignal;
};

/**
 * Asks a model and gives its answer as JSON; that it fits the schema is checked by whoever asked.
 * @throws JudgeUnavailable for whatever may pass (a time-out, too many requests, an answer that is no JSON);
 *   RowlockError for the rest (no such model, no key, a question that is too long)
 */
export type AskModel = (question: ModelQuestion) => Promise<unknown>;
