import { ApiError } from "../../../api/api-error.ts";
import { readError } from "../../../api/read-errors.ts";
import { memberCredential } from "../../../session/member.ts";

/** Fetches a file of `/api`, which a plain link cannot for want of the token, and hands it to the browser to keep. */
export async function download(path: string, name: string): Promise<void> {
  const response = await fetch(`/api${path}`, {
    headers: { authorization: `Bearer ${memberCredential.get().token ?? ""}` },
  }).catch(() => {
    throw new ApiError("NETWORK", "The API cannot be reached. Try again in a moment.");
  });
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => undefined);
    throw readError(body) ?? new ApiError("BAD_ANSWER", `${path} answered ${response.status}.`);
  }
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
