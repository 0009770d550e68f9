/**
 * What of a class a Workload does not take over. A container that has an image in the class is the class's: with another image
 * what it watches over would go unwatched, and its rights, Secrets and variables would be the Workload's. One that the class
 * leaves without an image is there for Workloads to bring theirs. Files of the node are mounted by the class or not at all.
 */
import type { Place, Problem } from "../../schemas/problem.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, itemsOf, scalarOf, type Traced } from "../load/traced.ts";
import { placeOf, placeOr } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import { writtenFields } from "./template-fault.ts";

type Pod = {
  /** The class's own PodSpec. */
  readonly base: Traced | undefined;
  /** As it is rendered. */
  readonly spec: Traced | undefined;
  readonly binding: Binding;
};

export function checkClassContainers({ base, spec, binding }: Pod): readonly Problem[] {
  const nodePaths = nodePathsOf(spec);
  return Object.keys(binding.workload.containers).flatMap((name) => {
    const tree = at(binding.workloadTree, "containers", name);
    const ofClass = ownedContainer(base, name);
    const image = placeOr(at(tree, "image") ?? tree, binding.place);
    return [
      ...(ofClass === undefined ? [] : [taken(name, { ofClass, image, binding })]),
      ...checkMounts(at(tree, "volumeMounts"), { name, nodePaths, binding }),
    ];
  });
}

/** Whether a container of the class is no Workload's to change. */
export function isOwnedByClass(base: Traced | undefined, name: string): boolean {
  return ownedContainer(base, name) !== undefined;
}

function ownedContainer(podSpec: Traced | undefined, name: string): Traced | undefined {
  const ofClass = itemsOf(at(podSpec, "containers")).find((container) => scalarOf(at(container, "name")) === name);
  return typeof scalarOf(at(ofClass, "image")) === "string" ? ofClass : undefined;
}

function nodePathsOf(podSpec: Traced | undefined): ReadonlySet<unknown> {
  const volumes = itemsOf(at(podSpec, "volumes")).filter((volume) => writtenFields(volume).has("hostPath"));
  return new Set(volumes.map((volume) => scalarOf(at(volume, "name"))));
}

type Taken = { readonly ofClass: Traced; readonly image: Place; readonly binding: Binding };

function taken(name: string, { ofClass, image, binding }: Taken): Problem {
  const place = placeOf(ofClass.origin, binding.classPlace.file);
  return {
    code: "unsafe-template",
    severity: "error",
    message: `container ${name} is of class ${binding.className}, which gives it its image`,
    place: image,
    remedy: "call the Workload's container otherwise, or have the class leave the image out, for Workloads to bring",
    ...relatedTo([{ place, message: `the class's container ${name} stands here` }]),
  };
}

type Mounting = { readonly name: string; readonly nodePaths: ReadonlySet<unknown>; readonly binding: Binding };

function checkMounts(mounts: Traced | undefined, { name, nodePaths, binding }: Mounting): readonly Problem[] {
  return itemsOf(mounts).flatMap((mount): readonly Problem[] => {
    const volume = at(mount, "name");
    if (!nodePaths.has(scalarOf(volume))) return [];
    return [
      {
        code: "unsafe-template",
        severity: "error",
        message: `volume ${String(scalarOf(volume))} is of the files of the node, which only the class mounts`,
        place: placeOr(volume, binding.place),
        remedy: `remove it, or have the class mount it in its container ${name}`,
      },
    ];
  });
}
