/** A rendered object: plain, canonical, with the tree that knows where every leaf came from. */
import { compareText } from "../../schemas/compare.ts";
import { type PlaneId, statePath, type StatePath } from "../../schemas/layout.ts";
import { objectLabels, releaseAnnotation, type ReleaseOwner } from "../../schemas/labels.ts";
import { KubernetesObject, objectId, objectKey } from "../../schemas/object-id.ts";
import { at, ruled, toPlain, type Traced, tracedMap, withField } from "../load/traced.ts";
import type { RenderedKind } from "./rendered-kinds.ts";
import { strategicMerge } from "./strategic-merge.ts";

export type Manifest = {
  readonly id: string;
  readonly object: KubernetesObject;
  /** The object before it was made plain, keys in the same order: `leafOrigins` of it says what set each leaf. */
  readonly tree: Traced;
};

/** Whose object it is, where it goes, and under which path of the plane's branch its Release stands. */
export type Destination = { readonly owner: ReleaseOwner; readonly plane: PlaneId; readonly path: string };

export function destinationOf(plane: PlaneId, path: StatePath): Destination {
  const owner = { organization: plane.organization, ...ownerOf(path) };
  return { owner, plane, path: statePath(path) };
}

function ownerOf(path: StatePath): Omit<ReleaseOwner, "organization"> {
  switch (path.kind) {
    case "cell":
      return { project: path.project, environment: path.environment };
    case "release":
      return { project: path.project, environment: path.environment, component: path.component };
    case "build":
      return { project: path.project, component: path.component };
    case "platform":
      return {};
  }
}

export type ObjectParts = {
  readonly apiVersion: string;
  readonly kind: RenderedKind;
  readonly name: string;
  readonly namespace?: string;
  /** Labels beside those that every object has. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Labels and annotations as people give them, a map of either; those that the engine sets win. */
  readonly given?: Traced;
  readonly spec?: Traced;
  /** Of a ConfigMap. */
  readonly data?: Traced;
};

/** Throws TypeError if the parts do not make an object, which would be a mistake of the renderer. */
export function makeManifest(parts: ObjectParts, destination: Destination): Manifest {
  const header = ruled({ apiVersion: parts.apiVersion, kind: parts.kind }, "object-header");
  const metadata = ruled(
    {
      name: parts.name,
      namespace: parts.namespace,
      labels: { ...parts.labels, ...objectLabels(destination.owner, destination) },
      annotations: { [releaseAnnotation]: destination.path },
    },
    "object-identity",
  );
  const wholeMetadata = parts.given === undefined ? metadata : strategicMerge(parts.given, metadata, undefined);
  const fields = { metadata: wholeMetadata, spec: parts.spec, data: parts.data };
  const body = tracedMap(fields, { kind: "rule", rule: "object-header" });
  const tree = sortKeys(strategicMerge(header, body, undefined));
  const object = KubernetesObject.parse(toPlain(tree));
  return { id: objectId(objectKey(object)), object, tree };
}

/** The manifest with one annotation more, or another value of it. */
export function withAnnotation(manifest: Manifest, name: string, value: Traced): Manifest {
  const metadata = at(manifest.tree, "metadata") ?? emptyMap;
  const annotations = withField(at(metadata, "annotations") ?? emptyMap, name, value);
  const tree = withField(manifest.tree, "metadata", withField(metadata, "annotations", sortKeys(annotations)));
  return { ...manifest, object: KubernetesObject.parse(toPlain(tree)), tree };
}

const emptyMap: Traced = tracedMap({}, { kind: "rule", rule: "object-identity" });

/** Keys by code unit, so that origins are listed as the manifest is written. */
function sortKeys(tree: Traced): Traced {
  switch (tree.kind) {
    case "scalar":
      return tree;
    case "list":
      return { ...tree, items: tree.items.map(sortKeys) };
    case "map":
      return {
        ...tree,
        entries: new Map(
          [...tree.entries].toSorted(([a], [b]) => compareText(a, b)).map(([key, value]) => [key, sortKeys(value)]),
        ),
      };
  }
}
