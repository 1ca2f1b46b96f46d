/** The value of a JSON text, or why it is none. */
export function readJson(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (thrown) {
    return { error: `This is not JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
}
