import { type Asked, type Format, tokens } from "./format.ts";
import { event, number, part, record, text } from "./read.ts";

const usage = {
  prompt_tokens: tokens.input,
  completion_tokens: tokens.output,
  total_tokens: tokens.input + tokens.output,
};
let answers = 0;
const nextId = () => {
  answers += 1;
  return `chatcmpl-${answers}`;
};

const common = ({ model }: Asked, object: string) => ({
  id: nextId(),
  object,
  created: 1_700_000_000,
  model,
});

/** The last chunks of a stream: where the formats differ is how they tell the tokens. */
type Ending = (base: object) => string[];
const finished = [{ index: 0, delta: { content: "" }, finish_reason: "stop" }];

/** Chat completions, as OpenAI, vLLM and Ollama have them. */
export const openAi = chat((base) => [
  event({ ...base, choices: finished }),
  event({ ...base, choices: [], usage }),
]);
export const mistral: Format = {
  ...chat((base) => [event({ ...base, choices: finished, usage })]),
  error: (code, message) => ({ object: "error", message, type: "error", param: null, code: String(code) }),
};
export const groq = chat((base) => [event({ ...base, choices: finished, x_groq: { id: "req_1", usage } })]);

function chat(ending: Ending): Format {
  return {
    asked(body, headers) {
      const messages = (body.messages as unknown[]).map(record);
      const format = record(body.response_format);
      return {
        model: String(body.model),
        system: text(messages.find(({ role }) => role === "system" || role === "developer")?.content),
        turns: messages
          .filter(({ role }) => role === "user" || role === "assistant")
          .map(({ content }) => part(content)),
        schema: format.type === "json_schema" ? record(format.json_schema).schema : null,
        temperature: number(body.temperature),
        maxTokens: number(body.max_tokens ?? body.max_completion_tokens),
        stream: body.stream === true,
        key: headers.authorization?.replace(/^Bearer /, "") ?? null,
      };
    },
    answer: (said, asked) => ({
      ...common(asked, "chat.completion"),
      choices: [{ index: 0, message: { role: "assistant", content: said }, finish_reason: "stop" }],
      usage,
    }),
    stream(said, asked) {
      const base = common(asked, "chat.completion.chunk");
      const half = Math.ceil(said.length / 2);
      const piece = (content: string) =>
        event({
          ...base,
          choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }],
        });
      return [piece(said.slice(0, half)), piece(said.slice(half)), ...ending(base), "data: [DONE]\n\n"];
    },
    error: (status, message) => ({ error: { message, type: "error", code: String(status), param: null } }),
  };
}
