/** Volumes of a Workload: in the pod, and the PersistentVolumeClaims of those that stay. */
import { compareText } from "../../schemas/compare.ts";
import { podLabels } from "../../schemas/labels.ts";
import { partName } from "../../schemas/names.ts";
import type { Problem } from "../../schemas/problem.ts";
import type { Volume } from "../../schemas/volume.ts";
import { at, itemsOf, type Origin, ruled, scalarOf, type Traced, tracedMap } from "../load/traced.ts";
import { placeOr } from "../load/tree-reader.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { type Destination, makeManifest, type Manifest } from "./manifest.ts";

const rule: Origin = { kind: "rule", rule: "volume-claim" };

type WorkloadVolume = { readonly name: string; readonly tree: Traced | undefined; readonly isPersistent: boolean };

/** In order of their names. */
function volumesOf({ binding }: Resolved): readonly WorkloadVolume[] {
  return Object.entries(binding.workload.volumes ?? {})
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([name, { persistent }]) => ({
      name,
      tree: at(binding.workloadTree, "volumes", name),
      isPersistent: persistent !== undefined,
    }));
}

function claimName({ binding }: Resolved, volume: string): string {
  return partName(binding.component, volume);
}

/** Volumes of the pod, to lay over the class's. */
export function workloadVolumes(resolved: Resolved): readonly Traced[] {
  return volumesOf(resolved).map(({ name, tree, isPersistent }) => {
    const claim = ruled({ claimName: claimName(resolved, name) }, "volume-claim");
    const source = isPersistent ? { persistentVolumeClaim: claim } : { emptyDir: at(tree, "emptyDir") };
    return tracedMap({ name: ruled(name, "volume-name"), ...source }, tree?.origin ?? rule);
  });
}

export function renderClaims(resolved: Resolved, destination: Destination): readonly Manifest[] {
  const { binding } = resolved;
  return volumesOf(resolved)
    .filter(({ isPersistent }) => isPersistent)
    .map(({ name, tree }) =>
      makeManifest(
        {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          name: claimName(resolved, name),
          namespace: resolved.cell.namespace,
          labels: podLabels(binding),
          spec: claimSpec(at(tree, "persistent"), at(binding.overridesTree, "volumes", name)),
        },
        destination,
      ),
    );
}

function claimSpec(persistent: Traced | undefined, overrides: Traced | undefined): Traced {
  const modes = at(persistent, "accessModes");
  const requests = tracedMap({ storage: at(overrides, "size") ?? at(persistent, "size") }, rule);
  return tracedMap(
    {
      accessModes: itemsOf(modes).length === 0 ? ruled(["ReadWriteOnce"], "volume-claim") : modes,
      resources: tracedMap({ requests }, rule),
      storageClassName: at(overrides, "storageClass") ?? at(persistent, "storageClass"),
    },
    rule,
  );
}

/** The first volume by name that a pod has to let go of before another can have it. */
export function exclusiveVolume({ binding }: Resolved): string | undefined {
  const exclusive = Object.entries(binding.workload.volumes ?? {}).filter(([, volume]) => sharersOf(volume) !== "any");
  return exclusive.map(([name]) => name).toSorted(compareText)[0];
}

/**
 * Which pods may have the volume at a time (Kubernetes, "Access Modes"). Of a node is as much as of a pod where nothing says
 * that all pods are on one.
 */
function sharersOf({ persistent }: Volume): "any" | "node" | "pod" {
  if (persistent === undefined) return "any";
  const modes = persistent.accessModes ?? ["ReadWriteOnce"];
  if (modes.every((mode) => mode === "ReadWriteOncePod")) return "pod";
  return modes.every((mode) => mode === "ReadWriteOnce" || mode === "ReadWriteOncePod") ? "node" : "any";
}

/** Volumes that nothing mounts, and those that only one pod can have where there are to be more. */
export function checkWorkloadVolumes(
  resolved: Resolved,
  { podSpec, mostPods }: { readonly podSpec: Traced | undefined; readonly mostPods: number },
): readonly Problem[] {
  const { binding } = resolved;
  const containers = [...itemsOf(at(podSpec, "initContainers")), ...itemsOf(at(podSpec, "containers"))];
  const mounted = new Set(
    containers.flatMap((container) =>
      [...itemsOf(at(container, "volumeMounts")), ...itemsOf(at(container, "volumeDevices"))].map((mount) =>
        scalarOf(at(mount, "name")),
      ),
    ),
  );
  return volumesOf(resolved).flatMap(({ name, tree }): readonly Problem[] => {
    const place = placeOr(tree, binding.place);
    if (!mounted.has(name))
      return [
        {
          code: "invalid-template",
          severity: "error",
          message: `no container mounts volume ${name}`,
          place,
          remedy: "add it to volumeMounts of a container, or remove it",
        },
      ];
    const sharers = sharersOf(binding.workload.volumes?.[name] ?? {});
    if (mostPods < 2 || sharers === "any") return [];
    return [
      {
        code: "invalid-template",
        severity: "error",
        message: `volume ${name} is of ${sharers === "pod" ? "one pod" : "the pods of one node"}, and up to ${mostPods} are to run`,
        place: placeOr(at(tree, "persistent", "accessModes") ?? tree, binding.place),
        remedy: "give it accessModes: [ReadWriteMany], or run one replica",
      },
    ];
  });
}
