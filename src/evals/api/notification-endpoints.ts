import { z } from "zod";
import { type Endpoint, parseBody, parseParams, type RouteContext, withErrors } from "../../api/index.ts";
import {
  createTarget,
  deleteTarget,
  notificationTargets,
  replaceTarget,
  targetInput,
} from "../store/notification-targets.ts";
import { listing } from "./list-endpoints.ts";

const byId = z.object({ id: z.uuid() });
const path = "/notification-targets";
const madeTarget = z
  .object({
    id: z.uuid(),
    secret: z.string().nullable().describe("What a webhook is signed with. Shown this once"),
  })
  .meta({ id: "MadeNotificationTarget" });
const made = z.object({ id: z.uuid() }).meta({ id: "ChangedNotificationTarget" });
const body = { required: true, content: { "application/json": { schema: targetInput } } };
const errors = {
  "400": "The body is not JSON",
  "403": "Your role only reads, or you are not a member",
  "409": "The name is taken",
  "422": "A field that cannot be used, or a kind that the operator has not set up",
} as const;

/** Who hears of the end of runs. */
export function notificationEndpoints(context: RouteContext): Endpoint[] {
  const { inTenant, settings } = context;
  return [
    listing(
      context,
      {
        collection: "notification-targets",
        key: "notificationTargets",
        page: "NotificationTargetPage",
        what: "notification targets",
      },
      notificationTargets,
    ),
    {
      method: "post",
      path,
      operation: {
        operationId: "createNotificationTarget",
        summary: "Have the end of runs told to an e-mail address or a webhook",
        requestBody: body,
        responses: withErrors(
          { "201": { description: "Its id", content: { "application/json": { schema: madeTarget } } } },
          errors,
        ),
      },
      async handle(request, response) {
        const input = parseBody(targetInput, request);
        const target = await inTenant(request, (tx) => createTarget(tx, input, settings));
        response.status(201);
        return target;
      },
    },
    {
      method: "put",
      path: `${path}/{id}`,
      operation: {
        operationId: "replaceNotificationTarget",
        summary: "Replace a target; its kind and secret stay",
        requestParams: { path: byId },
        requestBody: body,
        responses: withErrors(
          { "200": { description: "Its id", content: { "application/json": { schema: made } } } },
          { ...errors, "404": "No such target of this kind in your organization" },
        ),
      },
      async handle(request) {
        const { id } = parseParams(byId, request);
        const input = parseBody(targetInput, request);
        return { id: await inTenant(request, (tx) => replaceTarget(tx, id, input, settings)) };
      },
    },
    {
      method: "delete",
      path: `${path}/{id}`,
      operation: {
        operationId: "deleteNotificationTarget",
        summary: "Remove a target",
        requestParams: { path: byId },
        responses: withErrors(
          { "200": { description: "Its id", content: { "application/json": { schema: made } } } },
          { "404": "No such target in your organization", "422": "The id is not a uuid" },
        ),
      },
      async handle(request) {
        const { id } = parseParams(byId, request);
        return { id: await inTenant(request, (tx) => deleteTarget(tx, id)) };
      },
    },
  ];
}
