import { type Format, tokens } from "./format.ts";
import { event, number, part, record, text } from "./read.ts";

const usageMetadata = {
  promptTokenCount: tokens.input,
  candidatesTokenCount: tokens.output,
  totalTokenCount: tokens.input + tokens.output,
};

/** Google's generateContent and streamGenerateContent. */
export const google: Format = {
  asked(body, headers, path) {
    const config = record(body.generationConfig);
    const instruction = record(body.systemInstruction).parts;
    return {
      model: /models\/([^:]+):/.exec(path)?.[1] ?? "",
      system: text(instruction),
      turns: (body.contents as unknown[]).map((content) => part(record(content).parts)),
      schema: config.responseJsonSchema ?? config.responseSchema ?? null,
      temperature: number(config.temperature),
      maxTokens: number(config.maxOutputTokens),
      stream: path.includes(":streamGenerateContent"),
      key: typeof headers["x-goog-api-key"] === "string" ? headers["x-goog-api-key"] : null,
    };
  },
  answer: (said) => ({ candidates: [candidate(said, "STOP")], usageMetadata, modelVersion: "fake" }),
  stream: (said) => {
    const half = Math.ceil(said.length / 2);
    return [
      event({ candidates: [candidate(said.slice(0, half))] }),
      event({ candidates: [candidate(said.slice(half), "STOP")], usageMetadata }),
    ];
  },
  error: (code, message) => ({ error: { code, message, status: "FAILED" } }),
};

const candidate = (said: string, finishReason?: string) => ({
  content: { role: "model", parts: [{ text: said }] },
  index: 0,
  ...(finishReason === undefined ? {} : { finishReason }),
});
