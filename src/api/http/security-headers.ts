import type { Router } from "express";
import helmet from "helmet";
import { isDashboard } from "./dashboard.ts";

/** Security headers of every answer. No CORS header is ever sent: browsers of other origins get nothing. */
export function installSecurityHeaders(router: Router): void {
  const strict = helmet();
  // GraphiQL, of development only, brings its scripts within the page.
  const forGraphiql = helmet({ contentSecurityPolicy: false });
  const forDashboard = helmet({ contentSecurityPolicy: { useDefaults: false, directives: dashboardPolicy } });
  router.use((request, response, next) => {
    const headers =
      request.path === "/graphiql" ? forGraphiql : isDashboard(request.path) ? forDashboard : strict;
    headers(request, response, next);
  });
}

/** Its own files and this origin's API, WebSocket included; nothing else, and no script within a page. */
const dashboardPolicy: Record<string, string[]> = {
  "default-src": ["'none'"],
  "script-src": ["'self'"],
  // Its components set widths and colours within the page; no script comes that way.
  "style-src": ["'self'", "'unsafe-inline'"],
  "img-src": ["'self'", "data:"],
  "font-src": ["'self'"],
  "connect-src": ["'self'"],
  "manifest-src": ["'self'"],
  "base-uri": ["'none'"],
  "form-action": ["'self'"],
  "frame-ancestors": ["'none'"],
};
