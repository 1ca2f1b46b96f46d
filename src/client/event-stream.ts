export type StreamEvent = { event: string; data: string };

/**
 * The events of a `text/event-stream`, as the HTML standard reads them; comments, which keep a connection open, are
 * events named "" so that whoever reads knows that it lives.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      // A CR at the end may be the first half of a CRLF.
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0 || event !== "message") yield { event, data: data.join("\n") };
          event = "message";
          data = [];
          continue;
        }
        const [, name = "", text = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
        if (name === "") yield { event: "", data: text };
        else if (name === "event") event = text;
        else if (name === "data") data.push(text);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
