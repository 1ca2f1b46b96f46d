import {
  ActivityLogIcon,
  CalendarIcon,
  DashboardIcon,
  GlobeIcon,
  LayersIcon,
  ListBulletIcon,
  LockClosedIcon,
  MagicWandIcon,
  PauseIcon,
  PersonIcon,
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
      { path: "/batches", label: "Batches", icon: LayersIcon },
      { path: "/schedules", label: "Schedules", icon: CalendarIcon },
      { path: "/pauses", label: "Pauses", icon: PauseIcon },
    ],
  },
  {
    group: "Organization",
    lines: [
      { path: "/members", label: "Members", icon: PersonIcon },
      { path: "/keys", label: "API keys", icon: LockClosedIcon },
      { path: "/audit", label: "Audit", icon: ActivityLogIcon },
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
