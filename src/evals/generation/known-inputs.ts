import { createHash } from "node:crypto";
import { distance } from "fastest-levenshtein";

/** Longer ones are known by their hash, here and in the statement that reads them. */
export const longestKeptBytes = 4_000;

/** Words of at least so many letters may be spelled differently by one of them. */
const shortestMisspelled = 5;

/** English words that change how a thing is asked and not what. Others count: "hat" and "bag" make two tests. */
const fillers = new Set(
  "a an the my our your i we you one do does did can could may might shall should will would please to".split(
    " ",
  ),
);

/**
 * Inputs that are there already. Known is also what differs from one in case, white space and punctuation, in words that
 * fill, or in the spelling of long ones. The order of words, numbers and signs stand: they make another test.
 */
export class KnownInputs {
  readonly #same = new Set<string>();
  /** By how many words they have. */
  readonly #alike = new Map<number, string[][]>();

  constructor(inputs: readonly string[]) {
    for (const input of inputs) this.#add(wordsOf(input));
  }

  /** @returns false when it is known already, or nothing is in it */
  add(input: string): boolean {
    if (input.trim() === "") return false;
    const words = wordsOf(Buffer.byteLength(input) > longestKeptBytes ? hashOf(input) : input);
    const alike = this.#alike.get(words.length) ?? [];
    if (this.#same.has(words.join(" ")) || alike.some((other) => isAlike(words, other))) return false;
    this.#add(words);
    return true;
  }

  #add(words: string[]): void {
    this.#same.add(words.join(" "));
    const alike = this.#alike.get(words.length);
    if (alike === undefined) this.#alike.set(words.length, [words]);
    else alike.push(words);
  }
}

function isAlike(some: readonly string[], others: readonly string[]): boolean {
  return some.every((word, at) => {
    const other = others[at] ?? "";
    if (word === other) return true;
    if (word.length < shortestMisspelled || other.length < shortestMisspelled) return false;
    return isLetters(word) && isLetters(other) && distance(word, other) === 1;
  });
}

function isLetters(word: string): boolean {
  return !/\P{L}/u.test(word);
}

/** Words, numbers and the signs that calculate or belong to code, in order. */
function wordsOf(input: string): string[] {
  const plain = input.normalize("NFKC").toLowerCase();
  const words = plain.match(/[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}.,;:!?¿¡'"‘’“”„«»…()]/gu) ?? [];
  const telling = words.filter((word) => !fillers.has(word));
  return [telling, words].find(({ length }) => length > 0) ?? [plain.trim()];
}

function hashOf(input: string): string {
  return `md5 ${createHash("md5").update(input).digest("hex")}`;
}
