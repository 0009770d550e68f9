/**
 * What a refusal of the API server means: its Status body read, its sentence kept within bounds, and one of our classes.
 * Pure. A sentence about a Secret is rebuilt from parts that cannot hold a value: the server quotes values in several
 * (`expected string, got &value.valueUnstructured{Value:…}`, `Invalid value: "…"`).
 */
import { z } from "zod";
import type { Failure, FieldOwner } from "../target.ts";

export type Answer = { readonly status: number; readonly body: unknown };

/** Of whom the request spoke; of a Secret only what holds no value is repeated. */
export type Subject = { readonly group: string; readonly kind: string };

const Cause = z.object({
  reason: z.string().optional(),
  message: z.string().optional(),
  field: z.string().optional(),
});

const Status = z.object({
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .object({ name: z.string().optional(), kind: z.string().optional(), causes: z.array(Cause).optional() })
    .optional(),
});
export type ApiStatus = z.infer<typeof Status>;

/** The Status of a refusal, empty when the body is none (a proxy's page, `404 page not found`). */
export function readStatus(body: unknown): ApiStatus {
  const result = Status.safeParse(body);
  return result.success ? result.data : {};
}

/** Class and sentence of an answer that is no success. 409 of server-side apply is looked at before by `conflictOwners`. */
export function classifyAnswer({ status: code, body }: Answer, subject: Subject): Failure {
  const status = readStatus(body);
  return {
    kind: "failed",
    class: failureClass(code, status),
    reason: reasonOf(code, status, subject),
    ...(code === 422 && isImmutability(status) ? { isImmutable: true } : {}),
  };
}

/**
 * How the validations of built-in kinds say that a field of an existing object cannot change (apimachinery
 * `ValidateImmutableField`; pkg/apis: apps, core, rbac, storage, scheduling). A rule of a custom resource may say it in any words.
 */
const immutability =
  /field is immutable|is immutable after creation|may not (?:be )?changed?\b|updates to (?:statefulset spec|parameters|provisioner|reclaimPolicy)\b|cannot change roleRef/iu;

/** Only when nothing else is wrong: whoever replaces the object must not find that out after the delete. */
function isImmutability({ message, details }: ApiStatus): boolean {
  const causes = details?.causes ?? [];
  if (causes.length === 0) return immutability.test(message ?? "");
  return causes.every((cause) => immutability.test(cause.message ?? ""));
}

/**
 * Schema errors of server-side apply come as HTTP 500 without a reason, so only the text tells them from a server in
 * trouble (kubernetes/kubernetes#122480, #139253; structuredmerge.go `failed to create typed patch object`,
 * `failed to convert new object … to proper version`).
 */
const manifestErrors = /field not declared in schema|failed to create typed patch object|failed to convert new object/u;

function failureClass(code: number, status: ApiStatus): Failure["class"] {
  const causes = status.details?.causes ?? [];
  if (code === 403 && causes.some((cause) => cause.reason === "NamespaceTerminating")) return "blocked";
  if (code === 404) return "blocked";
  if (code >= 500) return manifestErrors.test(status.message ?? "") ? "permanent" : "transient";
  // 401: the token is being renewed; 408, 409 and 410: a race or an expiry. No other manifest would help.
  return [401, 408, 409, 410, 425, 429].includes(code) ? "transient" : "permanent";
}

function reasonOf(code: number, status: ApiStatus, subject: Subject): string {
  const message = status.message?.trim();
  if (message === undefined || message === "") return `the API server answered HTTP ${code}`;
  if (subject.group !== "" || subject.kind !== "Secret" || code === 404 || code === 409) return cutReason(message);
  const causes = (status.details?.causes ?? []).map((cause) => `${cause.field ?? ""} ${cause.reason ?? ""}`.trim());
  const detail = causes.length === 0 ? "" : `: ${causes.join(", ")}`;
  return cutReason(`the API server refused the Secret with HTTP ${code} ${status.reason ?? ""}`.trimEnd() + detail);
}

export const reasonLimit = 500;

/** At most 500 characters, never half a surrogate pair. */
export function cutReason(text: string): string {
  return text.length <= reasonLimit ? text : `${text.slice(0, reasonLimit - 1).replace(/[\uD800-\uDBFF]$/u, "")}…`;
}

/** Who owns the fields that server-side apply would have taken, by manager and field; undefined when it is no such conflict. */
export function conflictOwners(status: ApiStatus): readonly FieldOwner[] | undefined {
  const causes = (status.details?.causes ?? []).filter((cause) => cause.reason === "FieldManagerConflict");
  if (causes.length === 0) return undefined;
  const fields = new Map<string, Set<string>>();
  for (const cause of causes) {
    const manager = managerOf(cause.message ?? "");
    fields.set(manager, (fields.get(manager) ?? new Set()).add(cause.field ?? ""));
  }
  return [...fields]
    .map(([manager, owned]) => ({ manager, fields: [...owned].sort() }))
    .sort((a, b) => (a.manager < b.manager ? -1 : 1));
}

/** `conflict with "manager"`, perhaps with ` with subresource "status" using apps/v1 at 2026-…` (managedfields/internal/conflict.go). */
function managerOf(message: string): string {
  return /^conflict with "((?:[^"\\]|\\.)*)"/u.exec(message)?.[1] ?? "unknown";
}
