import { describe, expect, test } from "vitest";
import { gatewaysOf, releaseOf, smallFleet } from "../fleet/fleet-fixture.contract.ts";
import { fleetText, type Glance, glanceLines } from "./fleet-text.ts";
import { Transcript } from "./transcript.ts";

const nowMs = Date.UTC(2026, 0, 2, 3, 5, 0);
const look = { coloured: false, nowMs };
const glance: Glance = { ...look, columns: 120, sinceMs: () => nowMs - 12_000, spinner: "⠋" };

const troubled = smallFleet([
  releaseOf("cart", "dev"),
  releaseOf("web", "dev", {
    state: "applied",
    health: "Progressing",
    behind: { why: "waiting", for: "Deployment/web: 1 of 2 replicas are updated" },
    reason: "waiting for Deployment/web: 1 of 2 replicas are updated",
  }),
  releaseOf("cart", "prod", {
    plane: "data/acme/us",
    images: [],
    state: "not rendered",
    health: "Unknown",
    behind: { why: "not-rendered", reason: "x", problem: { code: "unknown-class", file: "cart.yaml", line: 3 } },
    reason: "not rendered: unknown-class in cart.yaml:3",
  }),
]);

describe("glanceLines", () => {
  test("folds a fleet that is fine into a number", () => {
    expect(glanceLines(smallFleet(), glance)).toEqual([
      "specs cccccccccc · 5m ago · Ann <ann@example.org> · Release cart 1",
      "3 of 3 Releases applied and healthy · 0 errors, 0 warnings",
      "",
      "PLANE         RELEASES  HEALTH   APPLIED   SEEN    REASON",
      "data/acme/eu  1         Healthy  #3 of #3  1m ago  -",
      "data/acme/us  1         Healthy  #3 of #3  1m ago  -",
      "",
      "All 3 Releases are as the specs say and well.",
    ]);
  });

  test("shows what is behind, since when and why", () => {
    expect(glanceLines(troubled, glance).slice(7)).toEqual([
      "RELEASE    ENVIRONMENT  IMAGE  HEALTH       FOR    WHY",
      "shop/web   dev          web:1  Progressing  ⠋ 12s  waiting for Deployment/web: 1 of 2 replicas are updated",
      "shop/cart  prod         -      Unknown        12s  not rendered: unknown-class in cart.yaml:3",
      "",
      "1 Release is as the specs say and well.",
    ]);
  });

  test("leaves columns out where there is little room, so that the reason stays", () => {
    expect(glanceLines(troubled, { ...glance, columns: 80 }).slice(7, 9)).toEqual([
      "RELEASE    ENVIRONMENT  FOR    WHY",
      "shop/web   dev          ⠋ 12s  waiting for Deployment/web: 1 of 2 replicas are updated",
    ]);
  });

  test("says of when it is while nobody has answered", () => {
    expect(glanceLines(smallFleet(), { ...glance, asOf: new Date(nowMs) })[0]).toBe(
      "as of 2026-01-02 03:05:00Z, looking again",
    );
  });
});

test("fleetText lists what is behind before what is not", () => {
  const lines = fleetText(troubled, look).split("\n");
  const components = lines
    .filter((line) => line.includes(" shop "))
    .map((line) => line.split(/ +/).slice(2, 4).join("/"));
  expect(components).toEqual(["dev/web", "prod/cart", "dev/cart"]);
});

describe("what a plane brings", () => {
  const behind = { why: "unhealthy", reason: "Gateway/gateway-external: NoResources" } as const;
  const sick = { health: "Degraded", behind, reason: "unhealthy: Gateway/gateway-external: NoResources" } as const;

  test("is a row like any other, by its name", () => {
    const lines = fleetText(smallFleet([releaseOf("cart", "dev"), gatewaysOf("data/acme/eu")]), look).split("\n");
    expect(lines).toContain("2 of 2 Releases applied and healthy · 0 errors, 0 warnings");
    expect(lines.map((line) => line.replaceAll(/ {2,}/g, " | "))).toContain(
      "data/acme/eu | - | - | (gateways) | - | applied | Healthy | -",
    );
  });

  test("is shown at a glance when it is not well", () => {
    const fleet = smallFleet([releaseOf("cart", "dev"), gatewaysOf("data/acme/eu", sick)]);
    expect(glanceLines(fleet, glance).slice(7)).toEqual([
      "RELEASE     ENVIRONMENT  IMAGE  HEALTH    FOR    WHY",
      "(gateways)  -            -      Degraded    12s  unhealthy: Gateway/gateway-external: NoResources",
      "",
      "1 Release is as the specs say and well.",
    ]);
  });
});

describe("Transcript", () => {
  const watch = (output: "table" | "ndjson") => {
    const written: string[] = [];
    const transcript = new Transcript(output, (text) => written.push(text));
    return { transcript, take: () => written.splice(0).map((line) => line.replaceAll(/ {2,}/g, " ").trimEnd()) };
  };

  test("tells each thing once, then what changed, then what went", () => {
    const { transcript, take } = watch("table");
    transcript.show(smallFleet());
    expect(take()).toHaveLength(5);
    transcript.show(smallFleet());
    expect(take()).toEqual([]);
    transcript.show(troubled);
    expect(take()).toEqual([
      "data/acme/eu shop dev web web:1 applied Progressing waiting for Deployment/web: 1 of 2 replicas are updated",
      "data/acme/us shop prod cart - not rendered Unknown not rendered: unknown-class in cart.yaml:3",
    ]);
    transcript.show(smallFleet([releaseOf("cart", "dev")]));
    expect(take().map((line) => line.split(" ").slice(0, 5).join(" "))).toEqual([
      "gone data/acme/eu shop dev web",
      "gone data/acme/us shop prod cart",
    ]);
  });

  test("tells what two planes bring apart", () => {
    const { transcript, take } = watch("table");
    transcript.show({ ...smallFleet([gatewaysOf("data/acme/eu"), gatewaysOf("data/acme/us")]), planes: [] });
    expect(take()).toEqual([
      "data/acme/eu - - (gateways) - applied Healthy -",
      "data/acme/us - - (gateways) - applied Healthy -",
    ]);
  });

  test("takes a heartbeat for no news, also in a reason", () => {
    const { transcript, take } = watch("ndjson");
    const at = (lastSeen: string) => {
      const fleet = smallFleet([
        releaseOf("cart", "dev", {
          state: "applying",
          behind: { why: "not-fetched", applied: 1, of: 2, lastSeen },
          reason: `not fetched: the agent applied #1 of #2, last seen ${lastSeen}`,
        }),
      ]);
      return { ...fleet, planes: fleet.planes.map((plane) => ({ ...plane, lastSeen })) };
    };
    transcript.show(at("2026-01-02T03:04:00Z"));
    expect(take().map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(["plane", "plane", "release"]);
    transcript.show(at("2026-01-02T03:19:00Z"));
    expect(take()).toEqual([]);
  });
});
