/**
 * A Release file as the agent believes it: read in full, within its limit, of the right shape, and every object in it below
 * the agent's ceiling and naming this plane and this very path. `invalid` is about the content and never changes for one blob; `unreadable` is about the
 * world and may pass.
 */
import { type Oid, GitError, type Repository } from "../git/repository.ts";
import type { Ceiling } from "../schemas/ceiling.ts";
import { labelKeys, managedByValue, releaseId } from "../schemas/labels.ts";
import { type PlaneId, planeKey } from "../schemas/layout.ts";
import { type KubernetesObject, type ObjectKey, objectKey } from "../schemas/object-id.ts";
import { Release, releaseLimitBytes } from "../schemas/release.ts";
import { describeBeyond } from "./ceiling.ts";
import { mappingAt } from "./health/verdict.ts";
import { readStateYaml } from "../schemas/state-yaml.ts";

export type ReleaseObject = { readonly id: string; readonly key: ObjectKey; readonly object: KubernetesObject };

export type ReleaseFile =
  | { readonly kind: "valid"; readonly oid: Oid; readonly objects: ReadonlyMap<string, ReleaseObject> }
  | { readonly kind: "invalid"; readonly oid: Oid; readonly reason: string }
  | { readonly kind: "unreadable"; readonly oid: Oid; readonly reason: string };

export type ReleaseAt = {
  readonly plane: PlaneId;
  readonly path: string;
  readonly oid: Oid;
  readonly ceiling: Ceiling;
};

/** Reads and verifies one blob. Throws only what is neither about this blob nor its content (an abort, a full disk). */
export async function readReleaseFile(repository: Repository, at: ReleaseAt): Promise<ReleaseFile> {
  let bytes: Uint8Array;
  try {
    bytes = await repository.readBlob(at.oid);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    if (error.code === "too-large") return invalid(at, "is larger than the limit of a file");
    if (!unreadableCodes.has(error.code)) throw error;
    return { kind: "unreadable", oid: at.oid, reason: `${at.path} cannot be read: ${error.code}` };
  }
  return parseReleaseFile(bytes, at);
}

const unreadableCodes: ReadonlySet<string> = new Set(["missing-object", "not-a-blob", "corrupt"]);

/** Verifies the bytes of a Release file. Pure. */
function parseReleaseFile(bytes: Uint8Array, at: ReleaseAt): ReleaseFile {
  if (bytes.length > releaseLimitBytes) return invalid(at, `has more than ${releaseLimitBytes} bytes`);
  const parsed = parseRelease(bytes);
  if (typeof parsed === "string") return invalid(at, parsed);
  const objects = new Map<string, ReleaseObject>();
  const own = { plane: planeKey(at.plane), releaseId: releaseId(at.path), ceiling: at.ceiling };
  for (const { id, object } of parsed.spec.resources) {
    const strangeness = describeStrangeObject(object, own);
    if (strangeness !== undefined) return invalid(at, `${id} ${strangeness}`);
    objects.set(id, { id, key: objectKey(object), object: asStored(object) });
  }
  return { kind: "valid", oid: at.oid, objects };
}

/**
 * A Secret's `stringData` as the `data` that it is stored as (Kubernetes: "Secrets"): of a field that is only written nobody
 * could tell who changed it.
 */
function asStored(object: KubernetesObject): KubernetesObject {
  const { stringData, ...rest } = object;
  if (object.kind !== "Secret" || object.apiVersion !== "v1" || typeof stringData !== "object") return object;
  const encode = ([name, value]: [string, unknown]): [string, string] => [
    name,
    Buffer.from(String(value)).toString("base64"),
  ];
  const encoded = Object.fromEntries(Object.entries(stringData ?? {}).map(encode));
  return { ...rest, data: { ...mappingAt(rest, "data"), ...encoded } };
}

function invalid(at: ReleaseAt, what: string): ReleaseFile {
  return { kind: "invalid", oid: at.oid, reason: `${at.path}: ${what}`.slice(0, 1000) };
}

function parseRelease(bytes: Uint8Array): Release | string {
  let value: unknown;
  try {
    value = readStateYaml(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    // The text of a parse error may quote the file, and a file may hold what should not be in a receipt.
    return `is not readable YAML (${error instanceof Error ? error.name : "error"})`;
  }
  const result = Release.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  return `is no Release: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}`;
}

type Own = Pick<ReleaseAt, "ceiling"> & { readonly plane: string; readonly releaseId: string };

function describeStrangeObject(object: KubernetesObject, own: Own): string | undefined {
  const labels = object.metadata.labels ?? {};
  if (labels[labelKeys.managedBy] !== managedByValue) return `lacks the label ${labelKeys.managedBy}`;
  if (labels[labelKeys.plane] !== own.plane) return "names another plane";
  if (labels[labelKeys.releaseId] !== own.releaseId) return "names another path";
  return describeBeyond(objectKey(object), own.ceiling);
}
