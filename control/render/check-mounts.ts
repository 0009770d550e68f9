/** Mounts that make the API server refuse the whole object (Kubernetes, pkg/apis/core/validation, ValidateVolumeMounts). */
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { type TemplateFault, writtenFields } from "./template-fault.ts";

/** Of a container; `volumes` are its pod's. */
export function checkMounts(container: Traced, volumes: Traced | undefined): readonly TemplateFault[] {
  const names = new Set(itemsOf(volumes).map((volume) => scalarOf(at(volume, "name"))));
  const isPrivileged = scalarOf(at(container, "securityContext", "privileged")) === true;
  return itemsOf(at(container, "volumeMounts")).flatMap((mount) => [
    ...checkVolume(at(mount, "name"), names),
    ...checkSubPaths(mount),
    ...checkRecursion(mount),
    ...(isPrivileged ? [] : checkPropagation(at(mount, "mountPropagation"))),
  ]);
}

function checkVolume(tree: Traced | undefined, names: ReadonlySet<unknown>): readonly TemplateFault[] {
  if (tree === undefined || names.has(scalarOf(tree))) return [];
  const message = `there is no volume ${String(scalarOf(tree))} to mount`;
  return [{ tree, message, remedy: "add it to volumes, or mend the name" }];
}

/** An empty one is none. */
function checkSubPaths(mount: Traced): readonly TemplateFault[] {
  const { subPath, subPathExpr } = Object.fromEntries(writtenFields(mount));
  const isBlank = [subPath, subPathExpr].some((tree) => (scalarOf(tree) ?? "") === "");
  if (subPathExpr === undefined || isBlank) return [];
  const message = "a mount has subPath and subPathExpr, and may have only one of them";
  return [{ tree: subPathExpr, message, remedy: "keep one of them" }];
}

function checkRecursion(mount: Traced): readonly TemplateFault[] {
  const { recursiveReadOnly: tree, readOnly, mountPropagation } = Object.fromEntries(writtenFields(mount));
  if (tree === undefined || scalarOf(tree) === "Disabled") return [];
  const word = `recursiveReadOnly ${String(scalarOf(tree))}`;
  const propagation = scalarOf(mountPropagation) ?? "None";
  return [
    ...(scalarOf(readOnly) === true
      ? []
      : [{ tree, message: `${word} is of a mount that is read-only`, remedy: "write readOnly: true, or remove it" }]),
    ...(propagation === "None"
      ? []
      : [{ tree, message: `${word} is of a mount without mountPropagation`, remedy: "keep one of the two" }]),
  ];
}

function checkPropagation(tree: Traced | undefined): readonly TemplateFault[] {
  if (tree === undefined || scalarOf(tree) !== "Bidirectional") return [];
  const message = "only a privileged container mounts Bidirectional, which changes what its node has mounted";
  return [{ tree, message, remedy: "write HostToContainer or None, or leave it out" }];
}
