import {
  DashboardIcon,
  GlobeIcon,
  ListBulletIcon,
  MagicWandIcon,
  PlayIcon,
  ReaderIcon,
  RulerHorizontalIcon,
} from "@radix-ui/react-icons";
import type { ComponentType } from "react";

/** One line of the navigation. `path` is below /dashboard. */
export type NavigationLine = { path: string; label: string; icon: ComponentType };

/** `needsEvals`: shown only when the API has the application of test runs, which may be left out. */
export type NavigationGroup = { group: string; needsEvals?: true; lines: readonly NavigationLine[] };

/** The navigation, top to bottom. Adding a page: one line here, one in `routes.tsx`. */
export const navigation: readonly NavigationGroup[] = [
  {
    group: "Work",
    lines: [
      { path: "/overview", label: "Overview", icon: DashboardIcon },
      { path: "/jobs", label: "Jobs", icon: ListBulletIcon },
    ],
  },
  {
    group: "Test runs",
    needsEvals: true,
    lines: [
      { path: "/test-runs", label: "Test runs", icon: PlayIcon },
      { path: "/test-sets", label: "Test sets", icon: ReaderIcon },
      { path: "/endpoints", label: "Endpoints", icon: GlobeIcon },
      { path: "/metrics", label: "Metrics", icon: RulerHorizontalIcon },
      { path: "/models", label: "Models", icon: MagicWandIcon },
    ],
  },
];
