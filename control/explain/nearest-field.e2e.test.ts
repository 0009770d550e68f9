import { expect, test } from "vitest";
import { renderSpecs } from "../render-specs.ts";
import { loadFiles, readPlatform } from "../specs-fixture.contract.ts";
import { chooseRelease } from "./choose-release.ts";
import { explainRelease } from "./explain.ts";
import { nearestField } from "./nearest-field.ts";

test.for([
  ["spec.replica", "spec.replicas"],
  ["replica", "replicas"],
  ["Deploymnt.spec.replicas", "Deployment.spec.replicas"],
  ["Deployment/cart.spec.replcas", "Deployment/cart.spec.replicas"],
  ["containers[main].imag", "containers[main].image"],
  ["Ingress.spec.rules", undefined],
  ["nothing.like.it", undefined],
] as const)("the field nearest to %s is %s", async ([wanted, meant]) => {
  const specs = await loadFiles(await readPlatform());
  const cart = chooseRelease(renderSpecs(specs).releases, "shop/cart", undefined);
  const leaves = explainRelease(cart, specs);
  expect(nearestField(wanted, leaves)).toBe(meant);
});
