import type { Router } from "express";
import type { Authenticate } from "../../tenancy/index.ts";
import { scopeOf } from "../request.ts";

/** Finds out who sent each request; nothing behind this line is reached without credentials. */
export function installAuth(router: Router, authenticate: Authenticate): void {
  router.use(async (request, _response, next) => {
    const key = request.get("x-api-key");
    const header = request.get("authorization") ?? (key === undefined ? undefined : `Bearer ${key}`);
    const member = await authenticate(header);
    const scope = scopeOf(request);
    if (scope !== undefined) scope.member = member;
    next();
  });
}
