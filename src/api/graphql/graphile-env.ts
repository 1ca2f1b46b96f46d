// Read by grafast when it is first imported, so this file stands first among the imports of whoever imports it.
// Unset, grafast prints a lecture; its development mode checks Graphile's own plugins and is slow.
process.env.GRAPHILE_ENV ??= "production";
