import type { ComponentType } from "react";
import { createBrowserRouter, Navigate, type RouteObject } from "react-router";
import { Failure } from "./failure.tsx";
import { NotFound } from "./not-found.tsx";
import { Shell } from "./shell.tsx";

/** A page of its own chunk, fetched when it is first opened. Its module exports the page as `Page`. */
function page(path: string, load: () => Promise<{ Page: ComponentType }>): RouteObject {
  return {
    path,
    ErrorBoundary: Failure,
    lazy: async () => ({ Component: (await load()).Page }),
  };
}

/** The pages. Adding one: a line here, one in `navigation.ts`. */
const pages: RouteObject[] = [
  page("overview", () => import("../pages/overview/page.tsx")),
  page("jobs", () => import("../pages/jobs/page.tsx")),
  page("jobs/:id", () => import("../pages/job/page.tsx")),
  page("test-runs", () => import("../pages/evals/runs/page.tsx")),
  page("test-runs/:id", () => import("../pages/evals/run/page.tsx")),
  page("test-runs/:id/compare/:other", () => import("../pages/evals/compare/page.tsx")),
  page("test-sets", () => import("../pages/evals/test-sets/page.tsx")),
  page("test-sets/:id", () => import("../pages/evals/test-set/page.tsx")),
  page("endpoints", () => import("../pages/evals/endpoints/page.tsx")),
  page("models", () => import("../pages/evals/models/page.tsx")),
  page("metrics", () => import("../pages/evals/metrics/page.tsx")),
  page("schedules", () => import("../pages/schedules/page.tsx")),
  page("batches", () => import("../pages/batches/page.tsx")),
  page("batches/:id", () => import("../pages/batch/page.tsx")),
  page("pauses", () => import("../pages/pauses/page.tsx")),
  page("members", () => import("../pages/members/page.tsx")),
  page("keys", () => import("../pages/keys/page.tsx")),
  page("audit", () => import("../pages/audit/page.tsx")),
];

/** The pages of operators, who have a frame and a sign-in of their own. */
const operatorPages: RouteObject[] = [
  page("operators/organizations", () => import("../operators/organizations/page.tsx")),
  page("operators/organizations/:id", () => import("../operators/organization/page.tsx")),
  page("operators/tasks", () => import("../operators/tasks/page.tsx")),
  page("operators/workers", () => import("../operators/workers/page.tsx")),
  page("operators/database", () => import("../operators/database/page.tsx")),
  page("operators/audit", () => import("../operators/audit/page.tsx")),
];

export const router = createBrowserRouter(
  [
    {
      ErrorBoundary: Failure,
      HydrateFallback: () => null,
      lazy: () => import("../operators/shell.tsx"),
      children: [
        { path: "operators", element: <Navigate to="/operators/organizations" replace /> },
        ...operatorPages,
      ],
    },
    {
      path: "/",
      Component: Shell,
      ErrorBoundary: Failure,
      HydrateFallback: () => null,
      children: [
        { index: true, element: <Navigate to="/overview" replace /> },
        ...pages,
        { path: "*", Component: NotFound },
      ],
    },
  ],
  { basename: "/dashboard" },
);
