import { CubeIcon, HomeIcon, LightningBoltIcon, ReaderIcon, StackIcon } from "@radix-ui/react-icons";
import { useEffect } from "react";
import { Frame } from "../app/frame.tsx";
import type { NavigationGroup } from "../app/navigation.ts";
import { followByLooking } from "../live/live.ts";
import { AccountMenu } from "../session/account-menu.tsx";
import { useCredential } from "../session/credential.ts";
import { operatorCredential } from "./door.ts";
import { SignIn } from "./sign-in.tsx";

const navigation: readonly NavigationGroup[] = [
  {
    group: "All organizations",
    lines: [
      { path: "/operators/organizations", label: "Organizations", icon: HomeIcon },
      { path: "/operators/tasks", label: "Tasks", icon: CubeIcon },
      { path: "/operators/workers", label: "Workers", icon: LightningBoltIcon },
      { path: "/operators/database", label: "Database", icon: StackIcon },
      { path: "/operators/audit", label: "Audit", icon: ReaderIcon },
    ],
  },
];

/** The pages of operators, or their sign-in while none is signed in. */
export function Component() {
  const { token } = useCredential(operatorCredential);
  return token === undefined ? <SignIn /> : <SignedIn key={token} />;
}

function SignedIn() {
  useEffect(followByLooking, []);
  return (
    <Frame
      name="Rowlock operators"
      navigation={navigation}
      account={
        <AccountMenu credential={operatorCredential} name="operator">
          An operator: sees how jobs fare, and nothing of what is in them
        </AccountMenu>
      }
    />
  );
}
