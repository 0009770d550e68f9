/**
 * What a Cell itself is made of: its namespace, what bounds it, and the policy that denies everything which no other policy
 * lets through. In a namespace that was there before, the policy is about our pods alone, and the namespace is not ours.
 */
import { at, type Origin, ruled, type Traced, tracedMap, withField } from "../load/traced.ts";
import { type Cell, isOpen } from "../resolve/cell.ts";
import { gatewayLabels } from "../../schemas/labels.ts";
import { cellObjectName } from "../../schemas/names.ts";
import { type Boundary, cellSubject, toNameServers, type BoundaryRule } from "./boundary.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";
import { renderBoundary } from "./render-boundary.ts";

const bounds: Origin = { kind: "rule", rule: "cell-bounds" };

export function renderCellObjects(cell: Cell, destination: Destination): readonly Manifest[] {
  const { networkPolicy, isAdopted } = cell;
  return [
    ...(isAdopted ? [] : [renderNamespace(cell, destination)]),
    ...renderBounds(cell, destination),
    renderBoundary(cellBoundary(cell), networkPolicy, destination),
  ];
}

function renderNamespace({ namespace, organization, gateways, settings }: Cell, destination: Destination): Manifest {
  const level = at(settings, "podSecurity") ?? ruled("baseline", "pod-security");
  const labels = at(settings, "labels") ?? tracedMap({}, level.origin);
  const secured = withField(labels, "pod-security.kubernetes.io/enforce", level);
  const given = tracedMap({ labels: secured, annotations: at(settings, "annotations") }, bounds);
  const admitting = gateways === undefined ? {} : gatewayLabels(organization, gateways);
  return makeManifest({ apiVersion: "v1", kind: "Namespace", name: namespace, labels: admitting, given }, destination);
}

/** Of the whole namespace, also where others live in it too. */
function renderBounds(cell: Cell, destination: Destination): readonly Manifest[] {
  const { namespace, settings } = cell;
  const specs = [
    { kind: "ResourceQuota", field: "hard", content: at(settings, "quota") },
    { kind: "LimitRange", field: "limits", content: at(settings, "limits") },
  ] as const;
  return specs.flatMap(({ kind, field, content }) => {
    if (content === undefined || isEmpty(content)) return [];
    const spec = tracedMap({ [field]: content }, bounds);
    return [makeManifest({ apiVersion: "v1", kind, name: cellObjectName(cell), namespace, spec }, destination)];
  });
}

function isEmpty(tree: Traced): boolean {
  if (tree.kind === "scalar") return tree.value === null;
  return tree.kind === "list" ? tree.items.length === 0 : tree.entries.size === 0;
}

function cellBoundary(cell: Cell): Boundary {
  const subject = cellSubject(cell);
  const within: BoundaryRule = { peers: [{ kind: "pods", labels: subject }], ports: [] };
  const outside: BoundaryRule = { peers: [{ kind: "outside" }], ports: [] };
  const whole = isOpen(cell, "withinCell") ? [within] : [];
  return {
    name: cellObjectName(cell),
    namespace: cell.namespace,
    subject,
    isDefaultDeny: true,
    ingress: whole,
    egress: [...toNameServers(cell), ...whole, ...(isOpen(cell, "egress") ? [outside] : [])],
  };
}
