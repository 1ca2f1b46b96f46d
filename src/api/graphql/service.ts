import type { Pool } from "pg";
import type { Member } from "../../tenancy/index.ts";
import { createWithPgClient, introspectionSettings, settingsOfMember } from "./adaptor.ts";

export type ServiceOptions = {
  /** Connections of the login rowlock_api. */
  pool: Pool;
  /** Database schemas whose tables and functions are shown. */
  schemas: readonly string[];
  statementTimeoutMs: number;
  /** Who sent the request; undefined for nobody, who then reaches no data. */
  member: (context: Partial<Grafast.RequestContext>) => Member | undefined;
  /** Another name than "main" lets the service stand beside one of your own. */
  name?: string | undefined;
};

type Service = GraphileConfig.PgServiceConfiguration<"rowlock">;

/** The PostGraphile service over a Rowlock database: every fetch is a tenant transaction of the request's member. */
export function tenantService(options: ServiceOptions): Service {
  const { pool, schemas, statementTimeoutMs, member, name = "main" } = options;
  const prefix = name === "main" ? "" : `${name}_`;
  return {
    name,
    schemas: [...schemas],
    adaptor: {
      createWithPgClient,
      makePgService: () => {
        throw new Error("Make the service with tenantService: it needs to know the member.");
      },
    },
    adaptorSettings: { pool, statementTimeoutMs },
    // Graphile types these by the keys of its context, which a name chosen here cannot be among.
    withPgClientKey: `${prefix}withPgClient` as Service["withPgClientKey"],
    pgSettingsKey: `${prefix}pgSettings` as NonNullable<Service["pgSettingsKey"]>,
    pgSubscriberKey: `${prefix}pgSubscriber` as NonNullable<Service["pgSubscriberKey"]>,
    pgSettings: (context) => settingsOfMember(member(context)),
    pgSettingsForIntrospection: introspectionSettings,
    pgSubscriber: null,
  };
}
