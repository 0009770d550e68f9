/** For tests: a small fleet as data, of which a test changes what it is about. */
import type { Fleet } from "./fleet.ts";
import type { InCell, ReleaseStatus } from "./release-status.ts";

type Change = Partial<Omit<ReleaseStatus, keyof InCell>>;

/** The gateways that a plane brings. */
export function gatewaysOf(plane: string, change: Change = {}): ReleaseStatus {
  return {
    plane,
    organization: "acme",
    platform: "gateways",
    images: [],
    state: "applied",
    health: "Healthy",
    ...change,
  };
}

export function releaseOf(component: string, environment: string, change: Change = {}): ReleaseStatus {
  return {
    plane: environment === "prod" ? "data/acme/us" : "data/acme/eu",
    organization: "acme",
    project: "shop",
    environment,
    component,
    images: [`registry.example/${component}:1`],
    state: "applied",
    health: "Healthy",
    ...change,
  };
}

const declared = (kind: "Environment" | "Component", name: string) => [
  { kind, name, file: `${name}.yaml`, line: 1, endLine: 8 },
];

const environmentOf = (
  environment: string,
  plane: string,
  step: number,
): Fleet["catalogue"]["environments"][number] => ({
  organization: "acme",
  environment,
  planes: [plane],
  isProduction: false,
  pipelines: [{ name: "line", step }],
  declared: declared("Environment", environment),
});

const planeOf = (plane: string): Fleet["planes"][number] => ({
  plane,
  sequence: 3,
  appliedSequence: 3,
  agent: "1.0.0",
  lastSeen: "2026-01-02T03:04:00Z",
  releases: 1,
  health: "Healthy",
});

/** Components `cart` and `web` of the project `shop`, `cart` in `dev` and `prod`, each on a plane of its own. */
export function smallFleet(
  releases: readonly ReleaseStatus[] = [releaseOf("cart", "dev"), releaseOf("web", "dev"), releaseOf("cart", "prod")],
): Fleet {
  return {
    specs: "c".repeat(40),
    head: {
      author: "Ann <ann@example.org>",
      subject: "Release cart 1",
      committedAtSeconds: Date.UTC(2026, 0, 2, 3, 0, 0) / 1000,
    },
    problems: [],
    planes: [planeOf("data/acme/eu"), planeOf("data/acme/us")],
    releases,
    catalogue: {
      components: ["cart", "web"].map((component) => ({
        organization: "acme",
        project: "shop",
        component,
        type: "Service",
        declared: declared("Component", component),
        connections: [],
        outside: [],
        placements: [],
      })),
      environments: [environmentOf("dev", "data/acme/eu", 1), environmentOf("prod", "data/acme/us", 2)],
      classes: [],
      planes: [],
    },
  };
}
