/** Guards between organizations that share a cluster, and of what a plane's gateways leave behind. */
import type { Guard } from "./guard.ts";

const sharing = { project: "unit", tests: ["control/gateway-namespaces.test.ts"] } as const;

export const guardsOfTenants: readonly Guard[] = [
  {
    name: "gateways are used where their owner lets in",
    protects: "deliverable 8 of cells",
    file: "control/resolve/gateways.ts",
    find: "return sharedWith.includes(organizationOf(document.resource)) ? owner : undefined;",
    replace: "return owner;",
    ...sharing,
    cases: ["gateways of an owner that names others only are nobody's by their own word"],
  },
  {
    name: "a namespace says whose gateways take its routes",
    protects: "deliverable 8 of cells",
    file: "control/render/render-gateways.ts",
    find: 'const matchLabels = ruled({ [labelKeys.gateways]: planeKey(planeOf(resource)) }, "gateway-routes");',
    replace: 'const matchLabels = ruled({}, "gateway-routes");',
    ...sharing,
    cases: ["a namespace without labels, or with one of the two, is not taken from"],
  },
];
