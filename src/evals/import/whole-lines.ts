import { isUtf8 } from "node:buffer";

const newline = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** A place in a file from which on it cannot be read. */
export class BrokenFile extends Error {
  readonly line: number;
  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/**
 * Passes a file on in pieces of whole lines, checked to be UTF-8, without its byte order mark. The CSV parser would
 * put replacement characters in place of broken ones and nobody could say where.
 * @throws BrokenFile naming the line that is not UTF-8 or is longer than the bound
 */
export async function* wholeLines(
  source: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let line = 1;
  let rest: Buffer[] = [];
  let restSize = 0;
  let first = true;
  const checked = (piece: Buffer) => {
    const bytes = first && piece.subarray(0, 3).equals(byteOrderMark) ? piece.subarray(3) : piece;
    first = false;
    if (!isUtf8(bytes)) throw new BrokenFile(line + linesBeforeFault(bytes), "the line is not UTF-8");
    line += countLines(bytes);
    return bytes;
  };
  for await (const chunk of source) {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end > 0) {
      yield checked(
        rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([...rest, chunk.subarray(0, end)]),
      );
      rest = [];
      restSize = 0;
    }
    if (end < chunk.length) rest.push(chunk.subarray(end));
    restSize += chunk.length - end;
    if (restSize > maxLineBytes) throw new BrokenFile(line, `the line is longer than ${maxLineBytes} bytes`);
  }
  if (rest.length > 0) yield checked(Buffer.concat(rest));
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}

/** A line's end is never part of another character in UTF-8, so that lines can be looked at one by one. */
function linesBeforeFault(bytes: Buffer): number {
  let count = 0;
  for (let start = 0; start < bytes.length; count += 1) {
    const end = bytes.indexOf(newline, start);
    if (!isUtf8(bytes.subarray(start, end < 0 ? bytes.length : end))) return count;
    start = end < 0 ? bytes.length : end + 1;
  }
  return count;
}
