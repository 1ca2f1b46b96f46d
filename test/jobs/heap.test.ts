import assert from "node:assert/strict";
import { test } from "node:test";
import { Heap } from "../../src/jobs/keep/heap.ts";

/** A sequence that is the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state;
  };
}

const drain = (heap: Heap<number>) => {
  const all: number[] = [];
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) all.push(next);
  return all;
};
const ascending = (items: readonly number[]) => items.toSorted((a, b) => a - b);

test("what was given at once comes out in order, however many there are", () => {
  const next = numbers(1);
  for (let size = 0; size < 70; size += 1) {
    const items = Array.from({ length: size }, () => next() % 50);
    assert.deepEqual(drain(new Heap(items, (item) => item)), ascending(items), `${size} items`);
  }
});

test("what comes in between is in its place: always the least of those that are in", () => {
  const next = numbers(2);
  const heap = new Heap<number>([], (item) => item);
  const model: number[] = [];
  for (let step = 0; step < 5_000; step += 1) {
    if (next() % 5 < 3) {
      const item = next() % 200;
      heap.push(item);
      model.push(item);
    } else {
      const least = model.length === 0 ? undefined : Math.min(...model);
      assert.equal(heap.pop(), least, `step ${step}`);
      if (least !== undefined) model.splice(model.indexOf(least), 1);
    }
  }
  assert.deepEqual(drain(heap), ascending(model));
  assert.equal(heap.pop(), undefined);
});

test("a measure is taken when an item comes in, and again when it comes back", () => {
  const one = { name: "one", by: 1 };
  const two = { name: "two", by: 2 };
  const heap = new Heap([one, two], (item) => item.by);
  one.by = 9;
  assert.equal(heap.pop(), one, "not looked at again");
  heap.push(one);
  assert.deepEqual([heap.pop(), heap.pop(), heap.pop()], [two, one, undefined]);
});
