/** For property tests: organizations of any shape, before they are written as documents. */
import fc from "fast-check";

/** No dashes: `a-b` of `c` and `a` of `b-c` would be one host, which is a mistake. */
const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const names = (minLength: number, maxLength: number) => fc.uniqueArray(name, { minLength, maxLength });
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom("yes", "0755", "1e3", "null", "~", "{{", "a: b", "# no", " x ", "é\u2028", "-", "12:30:45", "0x1f"),
);

const variables = fc
  .uniqueArray(fc.stringMatching(/^[A-Z][A-Z0-9_]{0,6}$/), { maxLength: 3 })
  .chain((keys) => fc.tuple(...keys.map((key) => text.map((value) => ({ key, value: value.replaceAll("{{", "") })))));

const container = fc.record({
  image: fc.constantFrom("registry.example/a:1", "b", "registry.example/c@sha256:".concat("0".repeat(64))),
  env: variables,
  args: fc.array(text, { maxLength: 2 }),
});

const endpoints = fc
  .uniqueArray(
    fc.tuple(name, fc.constantFrom("HTTP", "REST", "gRPC", "TCP", "UDP"), fc.integer({ min: 1, max: 65_535 })),
    {
      maxLength: 3,
      selector: ([endpoint]) => endpoint,
    },
  )
  .map((list) => list.map(([endpoint, type, port]) => ({ endpoint, type, port })));

const component = fc.record({
  type: fc.constantFrom("Service", "Service", "WebApplication", "ScheduledTask"),
  containers: fc.tuple(container, fc.option(container, { nil: undefined })),
  endpoints,
  levels: fc.subarray(["Project", "Organization", "Public"]),
  configured: fc.boolean(),
  /** What it reads and keeps beside its image. */
  beside: fc.subarray(["secret", "vault", "file", "secret-file", "volume", "scratch"]),
  /** What later environments set a variable to. */
  override: fc.option(text, { nil: undefined }),
  /** Which of the services before it, if any, it connects to. */
  peer: fc.nat(10),
  outside: fc.constantFrom(undefined, { cidr: "192.0.2.0/24", ports: [53, 853] }, { host: "api.example", port: 443 }),
  later: fc.subarray([1, 2]),
  state: fc.constantFrom("Active", "Suspend", "Undeploy"),
  isPinned: fc.boolean(),
});
export type ComponentModel = typeof component extends fc.Arbitrary<infer Model> ? Model : never;

const cell = fc.record(
  {
    podSecurity: fc.constantFrom("baseline", "restricted"),
    quota: fc.constantFrom({ pods: 10 }, { "limits.memory": "1Gi" }),
    limits: fc.constantFrom([], [{ type: "Container", max: { memory: "1Gi" } }]),
    scheduling: fc.constantFrom(
      { tolerations: [{ operator: "Exists" }] },
      { topologySpreadConstraints: [{ topologyKey: "zone", maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" }] },
    ),
    network: fc.record({ withinCell: fc.constantFrom("Declared", "Open") }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

export const organization = fc.record({
  networkPolicy: fc.constantFrom("Cilium", "Kubernetes"),
  cells: fc.record({ plane: cell, environment: cell, project: cell }),
  /** Whether each project's cell in the first environment is a namespace that was there before. */
  isAdopted: fc.boolean(),
  name,
  environments: names(1, 3),
  planes: names(1, 2),
  /** Whether the last environment is on all planes. */
  isWide: fc.boolean(),
  projects: names(1, 2),
  components: fc.uniqueArray(fc.tuple(name, component), { minLength: 1, maxLength: 5, selector: ([each]) => each }),
  replicas: fc.nat(5),
  sidecar: fc.boolean(),
  isScaled: fc.boolean(),
  pulls: fc.boolean(),
});
export type OrganizationModel = typeof organization extends fc.Arbitrary<infer Each> ? Each : never;
