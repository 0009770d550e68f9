/** What the specs hold of one plane. Pure. */
import { dataPlanesOf } from "../../schemas/environment.ts";
import { organizationOf, planeOf, type ResourceOf } from "../../schemas/kinds.ts";
import { type PlaneId, planePath } from "../../schemas/layout.ts";
import type { SpecDocument } from "../load/parse.ts";
import type { Rendered } from "../engine/rendered.ts";
import type { DataPlaneDocument } from "../resolve/gateways.ts";

type Specs = Pick<Rendered, "all">;

/** Undefined for a plane that is gone, and for one of another kind. */
export function dataPlaneOf(plane: PlaneId, specs: Specs): DataPlaneDocument | undefined {
  return specs.all("DataPlane").find(({ resource }) => planePath(planeOf(resource)) === planePath(plane));
}

/** The Environments that it serves; none for a plane of another kind than data. */
export function environmentsOn(
  { kind, organization, name }: PlaneId,
  specs: Specs,
): readonly SpecDocument<ResourceOf<"Environment">>[] {
  if (kind !== "data") return [];
  return specs
    .all("Environment")
    .filter(({ resource }) => organizationOf(resource) === organization && dataPlanesOf(resource.spec).includes(name));
}
