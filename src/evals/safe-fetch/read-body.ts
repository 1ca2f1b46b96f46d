import type { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { FetchError } from "./fetch-error.ts";

/**
 * Reads a body as UTF-8 text, decompressed. The bound counts decompressed bytes: a small answer may unpack to gigabytes.
 * @throws FetchError too_large | encoding, or what the stream threw
 */
export async function readBody(
  body: Readable,
  { encoding, maxBytes, status }: { encoding: string; maxBytes: number; status: number },
): Promise<string> {
  // Destroying a body that nobody reads any more makes it emit an error; unheard, that would end the process.
  body.on("error", () => {});
  const stream = decode(body, encoding, status);
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop by a throw destroys the stream, and with it the connection it came on.
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      body.destroy();
      throw new FetchError("too_large", `The answer is larger than ${maxBytes} bytes. Make it smaller.`, {
        httpStatus: status,
      });
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
}

function decode(body: Readable, encoding: string, status: number): Readable {
  switch (encoding.trim().toLowerCase()) {
    case "":
    case "identity":
      return body;
    case "gzip":
    case "x-gzip":
      return unpack(body, createGunzip());
    case "deflate":
      return unpack(body, createInflate());
    case "br":
      return unpack(body, createBrotliDecompress());
    default:
      body.destroy();
      throw new FetchError(
        "encoding",
        `The answer's encoding "${encoding.slice(0, 40)}" is unknown. Use gzip or none.`,
        {
          httpStatus: status,
        },
      );
  }
}

function unpack(body: Readable, unpacker: ReturnType<typeof createGunzip>): Readable {
  // pipe() does not carry errors over; without this a cut connection would leave the reader waiting.
  body.on("error", (error) => unpacker.destroy(error));
  return body.pipe(unpacker);
}
