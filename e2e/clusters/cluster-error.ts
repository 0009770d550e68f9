/** What goes wrong around a test cluster, as one error class with a closed set of codes, so that callers never read texts. */

export type ClusterErrorCode =
  | "no-source"
  | "go-missing"
  | "go-too-old"
  | "modules-unreachable"
  | "build-failed"
  | "envoy-unavailable"
  | "kind-failed"
  | "kubeconfig-invalid"
  | "kubeconfigs-too-few"
  | "folder-in-use"
  | "program-exited"
  | "unreachable"
  | "kind-not-served"
  | "timeout";

export class ClusterError extends Error {
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ClusterError";
    this.code = code;
  }
}
