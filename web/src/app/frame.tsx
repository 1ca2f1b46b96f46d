import { AppShell, Burger, Group, NavLink, ScrollArea, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type ReactNode, useEffect } from "react";
import { Outlet, NavLink as RouterLink, ScrollRestoration, useLocation, useNavigation } from "react-router";
import { LiveButton } from "../live/live-button.tsx";
import classes from "./frame.module.css";
import type { NavigationGroup } from "./navigation.ts";
import { ThemeSwitch } from "./theme-switch.tsx";

/** Header, navigation and the page, for whoever is signed in. */
export function Frame({
  name,
  navigation,
  account,
}: {
  /** Beside the sign. */
  name: string;
  navigation: readonly NavigationGroup[];
  /** Who is signed in, and the way out. */
  account: ReactNode;
}) {
  const [open, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const loading = useNavigation().state !== "idle";
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu of a small screen closes when the page changes
  useEffect(() => close(), [pathname]);
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 200, breakpoint: "sm", collapsed: { mobile: !open } }}
      padding="md"
      classNames={{ header: classes.header ?? "", navbar: classes.navbar ?? "", main: classes.main ?? "" }}
    >
      <a href="#main" className="skip">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" gap="sm" wrap="nowrap" justify="space-between">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={open}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={open ? "Close the navigation" : "Open the navigation"}
              aria-expanded={open}
            />
            <img src="/dashboard/favicon.svg" alt="" width={22} height={22} />
            <Text fw={650} size="lg" visibleFrom="xs">
              {name}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LiveButton />
            <ThemeSwitch />
            {account}
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages">
        <ScrollArea>
          {navigation.map(({ group, lines }) => (
            <div key={group} className={classes.group}>
              <Text size="xs" c="dimmed" fw={600} px={10} pb={4}>
                {group}
              </Text>
              {lines.map(({ path, label, icon: Icon }) => (
                <NavLink
                  key={path}
                  component={RouterLink}
                  to={path}
                  label={label}
                  leftSection={<Icon />}
                  active={pathname === path || pathname.startsWith(`${path}/`)}
                  className={classes.link ?? ""}
                />
              ))}
            </div>
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} aria-busy={loading}>
        <Outlet />
      </AppShell.Main>
      <ScrollRestoration />
    </AppShell>
  );
}
