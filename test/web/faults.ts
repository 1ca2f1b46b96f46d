import type { Page } from "playwright-core";

/** Adds to `faults` what a page complains of; a refusal by the content security policy is an error on the console too. */
export function watchFaults(page: Page, faults: string[]): void {
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    // In a world without offers to sign in that route answers 404, as it should.
    if (message.location().url.endsWith("/dashboard/sign-in.json")) return;
    // Without its live link the page looks every five seconds, and says so.
    if (message.text().startsWith("WebSocket connection to")) return;
    faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => faults.push(`page: ${error.stack ?? error.message}`));
}
