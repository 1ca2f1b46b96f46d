import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../tooling/temp-tree.ts";
import type { Ids } from "./filled.ts";

/** The address below /dashboard of every page that the dashboard has, read from its routes: none is left out. */
export function allPages(ids: Ids): string[] {
  const routes = readFileSync(join(repository, "web/src/app/routes.tsx"), "utf8");
  const paths = [...routes.matchAll(/\bpage\("([^"]+)"/g)].map(([, path = ""]) => path);
  assert.ok(paths.length >= 24, `${paths.length} routes were found`);
  return paths.map((path) => {
    const collection = /([\w-]+)\/:id/.exec(path)?.[1];
    const id: string | undefined = ids[collection as keyof Ids];
    const address = path.replace(":id", id ?? ":id").replace(":other", ids.other);
    assert.ok(!address.includes(":"), `No id is known for the page ${path}: make one in filled.ts.`);
    return `/${address}`;
  });
}
