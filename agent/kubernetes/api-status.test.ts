import { describe, expect, test } from "vitest";
import { classifyAnswer, conflictOwners, cutReason, readStatus, reasonLimit } from "./api-status.ts";

const configMap = { group: "", kind: "ConfigMap" };
const secret = { group: "", kind: "Secret" };

function status(code: number, message: string, rest: object = {}) {
  return { status: code, body: { kind: "Status", status: "Failure", message, code, ...rest } };
}

describe("an answer that is no success", () => {
  const terminating = { details: { causes: [{ reason: "NamespaceTerminating", field: "metadata.namespace" }] } };
  test.each([
    { code: 400, message: "strict decoding error: unknown field", becomes: "permanent" },
    { code: 401, message: "Unauthorized", becomes: "transient" },
    { code: 403, message: "forbidden: no RBAC", becomes: "permanent" },
    { code: 403, message: "forbidden: being terminated", rest: terminating, becomes: "blocked" },
    { code: 404, message: 'namespaces "a" not found', becomes: "blocked" },
    { code: 405, message: "does not allow this method", becomes: "permanent" },
    { code: 409, message: "the object has been modified", becomes: "transient" },
    { code: 410, message: "The provided continue parameter is too old", becomes: "transient" },
    { code: 413, message: "request is too large", becomes: "permanent" },
    { code: 422, message: "is invalid: spec.ports: Required value", becomes: "permanent" },
    { code: 429, message: "too many requests", becomes: "transient" },
    { code: 500, message: "Internal error occurred: failed calling webhook", becomes: "transient" },
    {
      code: 500,
      message: "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .bogus: field not declared in schema",
      becomes: "permanent",
    },
    {
      code: 500,
      message: "failed to convert new object (/a; /v1, Kind=Secret) to proper version: illegal base64 data",
      becomes: "permanent",
    },
    { code: 503, message: "apiserver not ready", becomes: "transient" },
    { code: 504, message: "request did not complete", becomes: "transient" },
  ])("$code $message is $becomes", ({ code, message, rest, becomes }) => {
    expect(classifyAnswer(status(code, message, rest), configMap)).toEqual({
      kind: "failed",
      class: becomes,
      reason: message,
    });
  });

  test.each([{ body: undefined }, { body: "404 page not found" }, { body: { message: 7 } }])(
    "says its code when it has no sentence: $body",
    ({ body }) => {
      expect(classifyAnswer({ status: 502, body }, configMap).reason).toBe("the API server answered HTTP 502");
    },
  );
});

describe("a refusal of a change", () => {
  const cause = (field: string, message: string) => ({ reason: "FieldValueInvalid", field, message });
  const sealed = cause("spec.selector", "Invalid value: {}: field is immutable");
  const port = cause("spec.ports[0]", "Invalid value: 70000: must be between 1 and 65535, inclusive");
  const spec = cause("spec", "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden");
  test.each([
    { what: "one sealed field", causes: [sealed], isImmutable: true },
    { what: "several sealed fields", causes: [sealed, spec], isImmutable: true },
    { what: "no causes", causes: [], isImmutable: true },
    { what: "a sealed field and a mistake", causes: [sealed, port], isImmutable: undefined },
    { what: "a mistake and a sealed field", causes: [port, sealed], isImmutable: undefined },
  ])("for $what says whether another object would do: $isImmutable", ({ causes, isImmutable }) => {
    const message = 'Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable';
    const deployment = { group: "apps", kind: "Deployment" };
    const answer = classifyAnswer(status(422, message, { reason: "Invalid", details: { causes } }), deployment);
    expect(answer.isImmutable).toBe(isImmutable);
  });
});

describe("a refusal of a Secret", () => {
  test("C40 keeps fields and codes, never the sentence that may quote a value", () => {
    const causes = [{ reason: "FieldValueInvalid", message: 'Invalid value: "hunter2"', field: "data[password]" }];
    const answer = status(422, 'Secret "s" is invalid: data[password]: Invalid value: "hunter2"', {
      reason: "Invalid",
      details: { causes },
    });
    expect(classifyAnswer(answer, secret).reason).toBe(
      "the API server refused the Secret with HTTP 422 Invalid: data[password] FieldValueInvalid",
    );
  });

  test("keeps what is missing", () => {
    expect(classifyAnswer(status(404, 'namespaces "a" not found'), secret).reason).toBe('namespaces "a" not found');
  });
});

describe("a conflict of field managers", () => {
  const cause = (message: string, field: string) => ({ reason: "FieldManagerConflict", message, field });

  test("names managers and their fields in order", () => {
    const causes = [
      cause('conflict with "kubectl-edit" using apps/v1 at 2026-01-01T00:00:00Z', ".spec.replicas"),
      cause('conflict with "a \\"b\\"" with subresource "status" using v1', ".status.x"),
      cause('conflict with "kubectl-edit" using apps/v1', ".spec.paused"),
    ];
    expect(conflictOwners(readStatus({ details: { causes } }))).toEqual([
      { manager: 'a \\"b\\"', fields: [".status.x"] },
      { manager: "kubectl-edit", fields: [".spec.paused", ".spec.replicas"] },
    ]);
  });

  test("is told from every other conflict", () => {
    expect(conflictOwners(readStatus({ reason: "Conflict", details: { name: "a" } }))).toBeUndefined();
  });
});

test("a long reason is cut, never within a character", () => {
  const cut = cutReason("x".repeat(reasonLimit - 2) + "😀".repeat(3));
  expect(cut).toBe(`${"x".repeat(reasonLimit - 2)}…`);
  expect(cut.isWellFormed()).toBe(true);
});
