import { expect, test } from "vitest";
import type { OutsideEntry } from "../fleet/outside.ts";
import { outsideIn } from "../fleet/outside.ts";
import { releaseOf } from "../fleet/fleet-fixture.contract.ts";
import { describedText } from "./described-text.ts";

const suggestions: OutsideEntry = {
  name: "suggestions",
  to: "203.0.113.16/32",
  ports: [443, 8443],
  protocol: "TCP",
  environments: [{ environment: "prod", to: "suggestions.example", ports: [53], protocol: "UDP" }],
};
const parts = { declared: [], classes: [], connections: [], problems: [], history: [] };
const look = { coloured: false };

test("a component reaches what is outside, and elsewhere in another environment", () => {
  const owner = { organization: "acme", project: "shop", component: "cart" };
  const described = { kind: "component", ...owner, ...parts, outside: [suggestions] } as const;
  const text = describedText({ ...described, placements: [], usedBy: [], releases: [] }, look);
  expect(text).toBe(
    `Component shop/cart of acme
  Reaches:     203.0.113.16/32 TCP 443, 8443, as suggestions; in prod suggestions.example UDP 53
`,
  );
});

test.for([
  ["dev", "203.0.113.16/32 TCP 443, 8443"],
  ["prod", "suggestions.example UDP 53"],
] as const)("a Release in %s reaches what it is told there", ([environment, reached]) => {
  const release = releaseOf("cart", environment);
  const outside = [outsideIn(suggestions, environment)];
  const text = describedText({ kind: "release", ...release, ...parts, objects: [], outside }, look);
  expect(text).toContain(`\n  Reaches:     ${reached}, as suggestions\n`);
});
