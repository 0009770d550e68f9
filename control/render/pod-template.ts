/** The pod of a Workload as it is laid over a class's: containers by name, volumes, and the labels it is found by. */
import { compareText } from "../../schemas/compare.ts";
import { podLabels } from "../../schemas/labels.ts";
import type { Problem } from "../../schemas/problem.ts";
import { at, ruled, type Traced, tracedList, tracedMap } from "../load/traced.ts";
import { placeOf } from "../load/tree-reader.ts";
import { relatedTo } from "../problems/related.ts";
import { primaryContainer } from "../resolve/primary-container.ts";
import type { Resolved } from "../resolve/resolve.ts";
import { containerOverlay, containerOverrides } from "./container-overlay.ts";
import { fileVolumes } from "./files.ts";
import { workloadVolumes } from "./volumes.ts";
import { workloadRule } from "./workload-rule.ts";

/** A PodTemplateSpec to lay over the class's. */
export function podTemplate(resolved: Resolved): Traced {
  return tracedMap(
    {
      metadata: ruled({ labels: podLabels(resolved.binding) }, "pod-selector"),
      spec: tracedMap(
        {
          containers: containerList(resolved),
          volumes: listOf([...workloadVolumes(resolved), ...fileVolumes(resolved)]),
          imagePullSecrets: listOf(pullSecrets(resolved)),
        },
        workloadRule,
      ),
    },
    workloadRule,
  );
}

/** What the environment changes of it; undefined for nothing. */
export function podOverrides(resolved: Resolved): Traced | undefined {
  const names = Object.keys(resolved.binding.overrides?.containers ?? {}).toSorted(compareText);
  const containers = listOf(names.map((name) => containerOverrides(resolved, name)));
  return containers && tracedMap({ spec: tracedMap({ containers }, workloadRule) }, workloadRule);
}

/** Beside those of the class. */
function pullSecrets({ secrets }: Resolved): readonly Traced[] {
  return secrets.flatMap(({ name, pulledBy }) =>
    pulledBy === undefined
      ? []
      : [tracedMap({ name: { kind: "scalar", value: name, origin: pulledBy.origin } }, pulledBy.origin)],
  );
}

function listOf(items: readonly Traced[]): Traced | undefined {
  return items.length === 0 ? undefined : tracedList(items, workloadRule);
}

function containerList(resolved: Resolved): Traced {
  const { containers } = resolved.binding.workload;
  const names = Object.keys(containers).toSorted(compareText);
  const primary = primaryContainer(containers);
  return tracedList(
    names.map((name) => containerOverlay(resolved, name, name === primary)),
    workloadRule,
  );
}

/** A class container that no workload container meets has no image: upstream renders it and the pod never starts. */
export function findImageless(podSpec: Traced | undefined, { binding }: Resolved): readonly Problem[] {
  const containers = at(podSpec, "containers");
  if (containers?.kind !== "list") return [];
  const imageless = containers.items.find((container) => at(container, "image") === undefined);
  if (imageless === undefined) return [];
  const name = at(imageless, "name");
  const shown = name?.kind === "scalar" ? String(name.value) : "without a name";
  const place = placeOf(imageless.origin, binding.classPlace.file);
  const workload = at(binding.workloadTree, "containers") ?? binding.workloadTree;
  return [
    {
      code: "missing-container",
      severity: "error",
      message: `container ${shown} of class ${binding.className} has no image and the Workload of ${binding.component} has no container of that name`,
      place: placeOf(workload?.origin ?? imageless.origin, binding.place.file),
      remedy: `name the Workload's container ${shown}`,
      ...relatedTo([{ place, message: `the class's container ${shown} stands here` }]),
    },
  ];
}
