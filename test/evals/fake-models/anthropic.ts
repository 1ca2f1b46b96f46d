import { type Asked, type Format, tokens } from "./format.ts";
import { event, number, part, record, text } from "./read.ts";

const usage = { input_tokens: tokens.input, output_tokens: tokens.output };
let answers = 0;
const nextId = () => {
  answers += 1;
  return `msg_${answers}`;
};

/** The tool by which models without structured output of their own are made to answer in a shape. */
const forced = new WeakMap<Asked, string>();

/** Anthropic's messages. */
export const anthropic: Format = {
  asked(body, headers) {
    const messages = (body.messages as unknown[]).map(record);
    const choice = record(body.tool_choice);
    const tools = (Array.isArray(body.tools) ? body.tools : []).map(record);
    const tool =
      tools.find(({ name }) => name === choice.name) ?? (choice.type === "any" ? tools[0] : undefined);
    const format = record(record(body.output_config).format ?? body.output_format);
    const asked: Asked = {
      model: String(body.model),
      system: text(body.system),
      turns: messages.map(({ content }) => part(content)),
      schema: tool?.input_schema ?? format.schema ?? null,
      temperature: number(body.temperature),
      maxTokens: number(body.max_tokens),
      stream: body.stream === true,
      key: typeof headers["x-api-key"] === "string" ? headers["x-api-key"] : null,
    };
    if (tool !== undefined) forced.set(asked, String(tool.name));
    return asked;
  },
  answer(said, asked) {
    const tool = forced.get(asked);
    return {
      ...message(asked),
      content: [
        tool === undefined
          ? { type: "text", text: said }
          : { type: "tool_use", id: "toolu_1", name: tool, input: JSON.parse(said) as unknown },
      ],
      stop_reason: tool === undefined ? "end_turn" : "tool_use",
      stop_sequence: null,
      usage,
    };
  },
  stream: (said, asked) => [
    event(
      {
        type: "message_start",
        message: {
          ...message(asked),
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...usage, output_tokens: 1 },
        },
      },
      "message_start",
    ),
    event(
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      "content_block_start",
    ),
    event(
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: said } },
      "content_block_delta",
    ),
    event({ type: "content_block_stop", index: 0 }, "content_block_stop"),
    event(
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: tokens.output },
      },
      "message_delta",
    ),
    event({ type: "message_stop" }, "message_stop"),
  ],
  error: (_status, said) => ({ type: "error", error: { type: "api_error", message: said } }),
};

const message = ({ model }: Asked) => ({
  id: nextId(),
  type: "message",
  role: "assistant",
  model,
});
