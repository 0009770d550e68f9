/**
 * Variables and files of a Binding, of its Workload and of its environment's overrides. What an override says anew of the
 * same variable or file is said in place of the Workload's, so that the latter need not be found.
 */
import type { Setting } from "../../schemas/container.ts";
import { compareText } from "../../schemas/compare.ts";
import type { Binding } from "../deploy/binding.ts";
import { at, type Traced } from "../load/traced.ts";

export type Layer = "workload" | "overrides";
export type SettingList = "env" | "files";

/** Where a setting stands. */
export type SettingKey = {
  readonly layer: Layer;
  readonly container: string;
  readonly list: SettingList;
  readonly position: number;
};

export type PlacedSetting = SettingKey & { readonly setting: Setting; readonly entry: Traced | undefined };

export function settingText({ layer, container, list, position }: SettingKey): string {
  return `${layer} ${container} ${list} ${position}`;
}

/** The layers of a Binding, the later over the earlier. */
export function layersOf({ workload, workloadTree, overrides, overridesTree }: Binding) {
  return [
    { layer: "workload", containers: workload.containers, tree: workloadTree },
    { layer: "overrides", containers: overrides?.containers ?? {}, tree: overridesTree },
  ] as const;
}

const allLists: readonly SettingList[] = ["env", "files"];

/** Those that count, layer by layer, in order of container, then list by list. */
export function settingsOf(binding: Binding, lists = allLists): readonly PlacedSetting[] {
  const all = layersOf(binding).flatMap(({ layer, containers, tree }) =>
    Object.entries(containers)
      .toSorted(([a], [b]) => compareText(a, b))
      .flatMap(([container, fields]) =>
        lists.flatMap((list) => placed({ layer, container, list }, fields[list], tree)),
      ),
  );
  if (binding.overrides === undefined) return all;
  const over = new Set(all.filter(({ layer }) => layer === "overrides").map(identity));
  return all.filter((one) => one.layer === "overrides" || !over.has(identity(one)));
}

function placed(
  where: Omit<SettingKey, "position">,
  settings: readonly Setting[] | undefined,
  tree: Traced | undefined,
): readonly PlacedSetting[] {
  return (settings ?? []).map((setting, position) => {
    const entry = at(tree, "containers", where.container, where.list, position);
    return { ...where, position, setting, entry };
  });
}

function identity({ container, list, setting }: PlacedSetting): string {
  return JSON.stringify([container, list, setting.key, setting.mountPath]);
}
