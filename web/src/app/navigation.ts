import {
  ActivityLogIcon,
  CalendarIcon,
  DashboardIcon,
  LayersIcon,
  ListBulletIcon,
  LockClosedIcon,
  PauseIcon,
  PersonIcon,
} from "@radix-ui/react-icons";
import type { ComponentType } from "react";

/** One line of the navigation. `path` is below /dashboard. */
export type NavigationLine = { path: string; label: string; icon: ComponentType };

/** The navigation, top to bottom. Adding a page: one line here, one in `routes.tsx`. */
export const navigation: readonly { group: string; lines: readonly NavigationLine[] }[] = [
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
];
