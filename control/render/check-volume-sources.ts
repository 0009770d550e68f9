/**
 * Volumes that the node gets from elsewhere, by `nfs`, `iscsi`, `rbd` and the like: it is the node that connects, so no policy
 * of the cell is asked, and what it connects to may be its own. They need a cell that is `privileged`, as files of the node do
 * (check-host-access.ts). What may stand everywhere is what the Pod Security Standard `restricted` lists (Kubernetes, "Pod
 * Security Standards", Volume Types), and `image`, which is pulled as images of containers are.
 *
 * `csi` is on that list, because its drivers are installed by whoever runs the cluster, who says in each CSIDriver whether a
 * pod may name it (Kubernetes, "CSI ephemeral volumes"). To a guest of another's cluster nobody said so: there it is refused.
 */
import type { Problem } from "../../schemas/problem.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import type { Cell } from "../resolve/cell.ts";
import { isPrivileged } from "../resolve/pod-security.ts";
import { reportFaults, type TemplateFault, writtenFields } from "./template-fault.ts";

/** What of a volume is no source from elsewhere; `hostPath` has a check of its own. */
const plain: ReadonlySet<string> = new Set([
  "name",
  "configMap",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "hostPath",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

/** Of a PodSpec as it is rendered; `file` is for what a rule of the engine set. */
export function checkVolumeSources(
  podSpec: Traced | undefined,
  { cell, file }: { readonly cell: Pick<Cell, "settings" | "organization" | "gateways">; readonly file: string },
): readonly Problem[] {
  if (isPrivileged(cell)) return [];
  const faults = itemsOf(at(podSpec, "volumes")).flatMap((volume) =>
    [...writtenFields(volume)].flatMap(([source, tree]) => {
      const shown = `volume ${String(scalarOf(at(volume, "name")))} is ${source}`;
      if (source === "csi") return checkDriver(shown, { tree, cell });
      return plain.has(source) ? [] : [fromElsewhere(shown, tree)];
    }),
  );
  return reportFaults(faults, file);
}

function fromElsewhere(shown: string, tree: Traced): TemplateFault {
  return {
    tree,
    code: "unsafe-template",
    message: `${shown}, which the node mounts past every policy of the cell: that needs a cell with podSecurity: privileged`,
    remedy: "mount it by a persistentVolumeClaim, or have the DataPlane or Environment say so",
  };
}

type Driven = { readonly tree: Traced; readonly cell: Pick<Cell, "organization" | "gateways"> };

/** A plane that shares the gateways of another organization is in that one's cluster. */
function checkDriver(shown: string, { tree, cell: { organization, gateways } }: Driven): readonly TemplateFault[] {
  if (gateways === undefined || gateways.organization === organization) return [];
  return [
    {
      tree,
      code: "unsafe-template",
      message: `${shown}, by a driver of organization ${gateways.organization}'s cluster, which did not say who may name it`,
      remedy: "mount it by a persistentVolumeClaim, or run it in a cluster of your own",
    },
  ];
}
