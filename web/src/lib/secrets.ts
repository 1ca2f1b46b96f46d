const names =
  /pass(word|wd|phrase)|token|secret|authorization|api[_-]?key|private[_-]?key|access[_-]?key|cookie|credential/i;

/** What stands where a secret was. */
export const hiddenText = "••••••••";

/** Whether a key's name says that its value is nobody's to read over a shoulder: `apiKey`, `Authorization`, `db_password`. */
export function isSecretName(name: string): boolean {
  // `maxTokens: 300` is a number of words, not a credential.
  return names.test(name) && !/tokens$/i.test(name);
}

/** The same value with every secret in it replaced, however deep. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecretName(name) && inner !== null && inner !== "" ? hiddenText : withoutSecrets(inner),
    ]),
  );
}
