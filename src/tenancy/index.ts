export { isDatabaseFailure, overOurConnection } from "./database-failure.ts";
export { refuseUnsafeLogin } from "./guard.ts";
export {
  type AuthenticateOperator,
  createOperatorAuthenticator,
  issueOperatorToken,
  type Operator,
} from "./operator.ts";
export type { TenantPart } from "./parts.ts";
export { type Authenticate, createAuthenticator, issueToken, type Principal } from "./principal.ts";
export type { Statement, TenantTransaction } from "./transaction.ts";
export {
  enterAs,
  inTenant,
  type Member,
  type OpenTenant,
  openTenant,
  type TenantOptions,
  withTenant,
} from "./with-tenant.ts";
