/** An API server's refusal. */

export class ApiError extends Error {
  readonly status: number;
  /** The server's word for it, such as `NotFound` or `Conflict`; empty when the answer is not a Status object. */
  readonly reason: string;
  readonly body: unknown;

  constructor({ method, path }: { readonly method: string; readonly path: string }, status: number, body: unknown) {
    const { reason = "", message = String(body) } = isStatus(body) ? body : {};
    super(`${method} ${path} answered ${status} ${reason}: ${message}`);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
    this.body = body;
  }
}

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
function isStatus(body: unknown): body is { readonly reason?: string; readonly message?: string } {
  return typeof body === "object" && body !== null && "kind" in body && body.kind === "Status";
}
