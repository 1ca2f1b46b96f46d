import type { Remote } from "../remote/client.ts";
import { type Result, resultPage } from "../remote/schemas.ts";

const pageSize = 200;

/** All results of a run, page by page, in the order of its tests. */
export async function* readResults(remote: Remote, runId: string): AsyncGenerator<Result, void, undefined> {
  for (let after: number | null = -1; after !== null; ) {
    const from: string = after < 0 ? "" : `&after=${after}`;
    const path = `/api/test-runs/${runId}/results?first=${pageSize}${from}`;
    const page = await remote.get(resultPage, path);
    yield* page.results;
    after = page.next;
  }
}
