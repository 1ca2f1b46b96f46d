/** A page of a list; `next` leads to the one after it and is null on the last. */
export type Page<T, Cursor> = { items: T[]; next: Cursor | null };

/** A list: `for await` goes through all of it, a page being read when it is needed; `page` reads one. */
export type Pages<T, Cursor = string> = AsyncIterable<T> & {
  page(after?: Cursor): Promise<Page<T, Cursor>>;
};

export function pagesOf<T, Cursor>(page: (after?: Cursor) => Promise<Page<T, Cursor>>): Pages<T, Cursor> {
  return {
    page,
    async *[Symbol.asyncIterator]() {
      for (let after: Cursor | undefined; ; ) {
        const { items, next } = await page(after);
        yield* items;
        if (next === null) return;
        after = next;
      }
    },
  };
}
