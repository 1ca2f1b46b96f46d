import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownInputs } from "../../src/evals/generation/known-inputs.ts";

const pairs: [string, string, "the same" | "another"][] = [
  ["Where is it?", "where is it", "the same"],
  ["Where  is it?", "Where is it!", "the same"],
  ["ｗｈｅｒｅ", "where", "the same"],
  ["How do I reset my password?", "How can I reset the password, please?", "the same"],
  ["How do I return a parcel?", "How do I return parcels?", "the same"],
  ["Can I return the hat that I bought?", "Can I return the bag that I bought?", "another"],
  ["Can I return the hat that I bought?", "Can I repair the hat that I bought?", "another"],
  ["Dollars to euros?", "Euros to dollars?", "another"],
  ["May I return it?", "May I not return it?", "another"],
  ["What is 2+2?", "What is 2-2?", "another"],
  ["Is order 17 on its way to my house yet?", "Is order 18 on its way to my house yet?", "another"],
  ["What is the capital of Iran?", "What is the capital of Iraq?", "another"],
  ["Can you?", "May I?", "another"],
  ["?", "??", "another"],
  ["?!", " ?! ", "the same"],
];
for (const [a, b, verdict] of pairs) {
  test(`"${a}" and "${b}" are ${verdict}`, () => {
    assert.equal(new KnownInputs([a]).add(b), verdict === "another");
    assert.equal(new KnownInputs([b]).add(a), verdict === "another");
  });
}

test("long inputs are the same or are not: one letter at the end makes another", () => {
  const long = "word ".repeat(2_000);
  const known = new KnownInputs([]);
  assert.deepEqual(
    [known.add(`${long}a`), known.add(`${long}b`), known.add(`${long}a`)],
    [true, true, false],
  );
});

test("twenty inputs are held against twenty thousand within two seconds", () => {
  const text = (n: number) => `${"Can I return what I bought, and who pays for it? ".repeat(3)}${n % 7} ${n}`;
  const known = new KnownInputs(Array.from({ length: 20_000 }, (_, n) => text(n)));
  const began = performance.now();
  for (let n = 0; n < 20; n += 1) assert.equal(known.add(text(20_000 + n)), true);
  assert.ok(performance.now() - began < 2_000, `${performance.now() - began} ms`);
});
