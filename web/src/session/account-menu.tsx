import { Button, Menu, Text } from "@mantine/core";
import { ExitIcon, PersonIcon } from "@radix-ui/react-icons";
import { memberCredential } from "./member.ts";
import { useViewer } from "./use-viewer.ts";

/** Who is signed in, and the way out. */
export function AccountMenu() {
  const viewer = useViewer();
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button variant="default" leftSection={<PersonIcon />} aria-label="Account" maw={200}>
          <Text span size="sm" truncate visibleFrom="xs">
            {viewer?.organization ?? "…"}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Signed in to {viewer?.organization ?? "…"}</Menu.Label>
        <Menu.Item leftSection={<ExitIcon />} onClick={() => memberCredential.signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
