import { Alert, Button, Paper, PasswordInput, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { PageHeader } from "../ui/page-header.tsx";
import { type Credential, useCredential } from "./credential.ts";
import classes from "./sign-in-page.module.css";
import { type Check, useSignIn } from "./use-sign-in.ts";

/** A page to sign in on: by a click where the server offers it, else by a token. */
export function SignInCard(props: {
  title: string;
  credential: Credential;
  /** Asks the API whether it knows a credential. */
  check: Check;
  offers: readonly { label: string; token: string }[];
  /** What the field takes. */
  label: string;
  placeholder: string;
  /** Where such credentials come from. */
  children: ReactNode;
}) {
  const { title, credential, check, offers, label, placeholder, children } = props;
  const { ended } = useCredential(credential);
  const { token, setToken, error, busy, signIn } = useSignIn(credential, check);
  return (
    <main className={classes.page}>
      <Paper className={classes.card ?? ""} withBorder p="xl">
        <Stack>
          <img src="/dashboard/favicon.svg" alt="" width={36} height={36} />
          <PageHeader title={title} />
          {ended === undefined ? null : (
            <Alert variant="default" role="status" title="You were signed out">
              {ended}
            </Alert>
          )}
          {offers.map((offer) => (
            <Button key={offer.label} size="sm" loading={busy} onClick={() => void signIn(offer.token)}>
              Sign in {offer.label}
            </Button>
          ))}
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void signIn(token);
            }}
          >
            <Stack gap="sm">
              <PasswordInput
                label={label}
                description="It is kept in this tab only, until you close it or sign out."
                placeholder={placeholder}
                value={token}
                onChange={(event) => setToken(event.currentTarget.value)}
                error={error}
                autoComplete="off"
                data-autofocus
                required
                size="sm"
              />
              <Button
                type="submit"
                size="sm"
                loading={busy}
                variant={offers.length > 0 ? "default" : "filled"}
              >
                Sign in
              </Button>
            </Stack>
          </form>
          <Text size="sm" c="dimmed" component="div">
            {children}
          </Text>
        </Stack>
      </Paper>
    </main>
  );
}
