export { isDatabaseFailure, overOurConnection } from "./database-failure.ts";
export { refuseUnsafeLogin } from "./guard.ts";
export {
  type AuthenticateOperator,
  createOperatorAuthenticator,
  issueOperatorToken,
  type Operator,
} from "./operator.ts";
export { type Authenticate, createAuthenticator, issueToken } from "./principal.ts";
export {
  enterAs,
  inTenant,
  type Member,
  type OpenTenant,
  openTenant,
  type Statement,
  type TenantOptions,
  type TenantPart,
  type TenantTransaction,
  withTenant,
} from "./with-tenant.ts";
