import type { Router } from "express";
import helmet from "helmet";

/** Security headers of every answer. No CORS header is ever sent: browsers of other origins get nothing. */
export function installSecurityHeaders(router: Router): void {
  const strict = helmet();
  // GraphiQL, of development only, brings its scripts within the page.
  const forGraphiql = helmet({ contentSecurityPolicy: false });
  router.use((request, response, next) => {
    const headers = request.path === "/graphiql" ? forGraphiql : strict;
    headers(request, response, next);
  });
}
