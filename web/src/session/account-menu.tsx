import { Button, Menu, Text } from "@mantine/core";
import { ExitIcon, PersonIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import type { Credential } from "./credential.ts";

/** Who is signed in, and the way out. `name` is short, for the button; the children say more. */
export function AccountMenu(props: { credential: Credential; name: string; children: ReactNode }) {
  const { credential, name, children } = props;
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button variant="default" leftSection={<PersonIcon />} aria-label={`Account: ${name}`} maw={200}>
          <Text span size="sm" truncate visibleFrom="xs">
            {name}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{children}</Menu.Label>
        <Menu.Item leftSection={<ExitIcon />} onClick={() => credential.signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
