/** Mistakes in documents that only other documents, or nothing yet, use: each where it is shown, and nothing beside it. */
import { expect, test } from "vitest";
import { planePath } from "../../schemas/layout.ts";
import { doc, owner, renderFilesOf, renderTexts, service, surroundings } from "../specs-fixture.contract.ts";

type Row = { readonly mistake: string; readonly documents: readonly string[]; readonly yields: readonly string[] };

const elsewhere = (text: string): string => text.replace("metadata:\n", "metadata:\n  namespace: nowhere\n");
const source =
  "  repository: {url: u, revision: {branch: main}, appPath: /}\n  templateRef: {engine: argo, name: docker}\n";
const group = (values: readonly string[], environments = "[dev]"): string =>
  doc(
    "ConfigurationGroup",
    "shared",
    `  environmentGroups:\n    - name: early\n      environments: ${environments}\n  configurations:\n    - key: level\n      values:\n${values.map((value) => `        - ${value}\n`).join("")}`,
  );
const env = (...lines: readonly string[]): string =>
  `  containers:\n    main:\n      image: a\n      env:\n${lines.map((line) => `        - ${line}\n`).join("")}`;
const inGit = (name: string): string => `secret-like-value ${name} is named like a secret, and its value stands in Git`;
const classOf = (kind: string, template: string): string => doc(kind, "b", template);

const rows: readonly Row[] = [
  ...[
    doc("BuildPlane", "ci", ""),
    doc("ObservabilityPlane", "logs", "  observerURL: https://logs"),
    doc("APIClass", "open", ""),
    doc("ScheduledTaskClass", "nightly", "  cronJobTemplate: {schedule: '@daily'}"),
    doc("ConfigurationGroup", "shared", "  configurations: []"),
    doc("SecretReference", "db", "  data: [{secretKey: a, remoteRef: {key: b}}]"),
  ].map((text): Row => ({
    mistake: `an organization that is not there, of ${/kind: (.*)/.exec(text)?.[1] ?? ""}`,
    documents: [elsewhere(text)],
    yields: ["4 unknown-organization there is no Organization nowhere"],
  })),
  {
    mistake: "keys of an environment, which guard nothing",
    documents: [
      doc("Environment", "open", "  dataPlaneRef: eu\n  gateway: {security: {remoteJwks: {uri: https://k}}}"),
    ],
    yields: ["7 unsupported-policy no token is checked with the keys of an Environment"],
  },
  {
    mistake: "a registry's Secret, which no pod gets",
    documents: [doc("DataPlane", "us", "  registry: {prefix: r.example, secretRef: pull}")],
    yields: ["6 unsupported-secret pods do not get the registry's Secret by this version"],
  },
  {
    mistake: "switches of a claim and a Binding, which nothing reads",
    documents: [
      ...service("cart").map((text) =>
        text.replace("  workloadName:", "  overrides: {replicas: true}\n  workloadName:"),
      ),
      doc(
        "ServiceBinding",
        "cart-dev",
        `${owner("cart")}  environment: dev\n  workloadSpec: {containers: {main: {image: a}}}\n  overrides:\n    replicas: false\n    image: true`,
      ),
    ],
    yields: [
      "30 unused-field overrides.replicas is read by nothing, so nothing is rendered of it",
      "44 unused-field overrides.replicas is read by nothing, so nothing is rendered of it",
      "45 unused-field overrides.image is read by nothing, so nothing is rendered of it",
    ],
  },
  {
    mistake: "the scope of a ConfigurationGroup, which nothing reads; an empty map asks for nothing",
    documents: [
      doc("ConfigurationGroup", "shared", "  scope: {project: shop}\n  configurations: []"),
      doc("ConfigurationGroup", "other", "  scope: {}\n  configurations: []"),
    ],
    yields: ["6 unused-field scope.project is read by nothing, so nothing is rendered of it"],
  },
  {
    mistake: "credentials of a build plane and its observer",
    documents: [
      doc(
        "BuildPlane",
        "ci",
        "  kubernetesCluster: {name: ci, credentials: {a: b}}\n  observer: {url: u, authentication: {}}",
      ),
    ],
    yields: [
      "6 inline-credentials credentials of a cluster stand in Git",
      "7 inline-credentials credentials of an observer stand in Git",
    ],
  },
  {
    mistake: "credentials of an observability plane",
    documents: [
      doc(
        "ObservabilityPlane",
        "logs",
        "  observerURL: https://l\n  kubernetesCluster: {name: l, credentials: {a: b}}",
      ),
    ],
    yields: ["7 inline-credentials credentials of a cluster stand in Git"],
  },
  {
    mistake: "a file that is named like a secret, beside one whose text is elsewhere",
    documents: service("cart", {
      workload:
        "  containers:\n    main:\n      image: a\n      files:\n        - {key: db.password, mountPath: /etc, value: hunter2}\n        - {key: token, mountPath: /etc, value: /run/token}\n",
    }),
    yields: [`22 ${inGit("db.password")}`],
  },
  {
    mistake: "what an environment's override says of a secret",
    documents: [
      ...service("cart"),
      doc(
        "ServiceBinding",
        "cart-dev",
        `${owner("cart")}  environment: dev\n  workloadSpec: {containers: {main: {image: a}}}\n  environmentOverrides: {containers: {main: {env: [{key: API_KEY, value: hunter2}]}}}`,
      ),
    ],
    yields: [`42 ${inGit("API_KEY")}`],
  },
  {
    mistake: "a build plane whose key is no label value",
    documents: [doc("BuildPlane", "p".repeat(60), "")],
    yields: [`4 name-too-long build.default.${"p".repeat(60)} is longer than 63 characters, which a label holds`],
  },
  {
    mistake: "a build",
    documents: [...service("cart"), doc("Build", "cart-1", `${owner("cart")}${source}`)],
    yields: ["33 unsupported-build Build cart-1 is checked and not run by this version"],
  },
  {
    mistake: "a build of no component",
    documents: [doc("Build", "cart-1", `${owner("cart")}${source}`)],
    yields: [
      "2 unsupported-build Build cart-1 is checked and not run by this version",
      "8 unknown-component there is no Component cart in project shop",
    ],
  },
  {
    mistake: "a secret with one key twice",
    documents: [
      doc(
        "SecretReference",
        "db",
        "  data:\n    - {secretKey: a, remoteRef: {key: b}}\n    - {secretKey: a, remoteRef: {key: c}}",
      ),
    ],
    yields: ["8 duplicate-key the key a stands twice"],
  },
  {
    mistake: "environments that are not there",
    documents: [group(["{environment: qa, value: a}"], "[dev, test]")],
    yields: ["8 unknown-environment there is no Environment test", "12 unknown-environment there is no Environment qa"],
  },
  {
    mistake: "an environment group that is not there",
    documents: [group(["{environmentGroupRef: late, value: a}"])],
    yields: ["12 unknown-environment this ConfigurationGroup has no environment group late"],
  },
  {
    mistake: "two values for one environment and two for one group",
    documents: [
      group([
        "{environment: prod, value: a}",
        "{environment: prod, value: b}",
        "{environmentGroupRef: early, value: a}",
        "{environmentGroupRef: early, value: b}",
      ]),
    ],
    yields: [
      "13 ambiguous-configuration level of ConfigurationGroup shared has two values for prod",
      "15 ambiguous-configuration level of ConfigurationGroup shared has two values for dev",
    ],
  },
  {
    mistake: "none: a value for an environment goes before its group's",
    documents: [group(["{environmentGroupRef: early, value: a}", "{environment: dev, value: b}"])],
    yields: [],
  },
  {
    mistake: "one key and one group name twice, which a variable uses",
    documents: [
      doc(
        "ConfigurationGroup",
        "shared",
        "  environmentGroups:\n    - {name: g, environments: [dev]}\n    - {name: g, environments: [prod]}\n  configurations:\n    - {key: level, values: [{environment: dev, value: a}]}\n    - {key: level, values: [{environment: dev, value: b}]}",
      ),
      ...service("cart", {
        workload: env("{key: LEVEL, valueFrom: {configurationGroupRef: {name: shared, key: level}}}"),
      }),
    ],
    yields: ["8 duplicate-key the environment group g stands twice", "11 duplicate-key the key level stands twice"],
  },
  {
    mistake: "a value of both kinds, of none, and for nobody",
    documents: [
      group([
        "{environment: dev, environmentGroupRef: early, value: a}",
        "{environment: dev}",
        "{value: a}",
        "{environment: dev, value: a, vaultKey: b}",
      ]),
    ],
    yields: [
      "12 schema spec.configurations.0.values.0: needs exactly one of environment and environmentGroupRef",
      "13 schema spec.configurations.0.values.1: needs exactly one of value and vaultKey",
      "14 schema spec.configurations.0.values.2: needs exactly one of environment and environmentGroupRef",
      "15 schema spec.configurations.0.values.3: needs exactly one of value and vaultKey",
    ],
  },
  {
    mistake: "variables that are named like secrets, one of them with a value",
    documents: service("cart", {
      workload: env(
        "{key: DB_PASSWORD, value: hunter2}",
        "{key: API_TOKEN, value: your-token-here}",
        "{key: LEVEL, value: a}",
      ),
    }),
    yields: [`22 ${inGit("DB_PASSWORD")}`],
  },
  {
    mistake: "a Binding's variable that is named like a secret",
    documents: [
      ...service("cart"),
      doc(
        "ServiceBinding",
        "cart-prod",
        `${owner("cart")}  environment: prod\n  releaseState: Undeploy\n  workloadSpec:\n    containers: {main: {image: a, env: [{key: apiKey, value: k}]}}`,
      ),
    ],
    yields: [`43 ${inGit("apiKey")}`],
  },
  {
    mistake: "variables of classes that are named like secrets",
    documents: [
      classOf(
        "ServiceClass",
        "  deploymentTemplate: {template: {spec: {containers: [{name: m, env: [{name: A_SECRET, value: b}]}]}}}",
      ),
      classOf(
        "ScheduledTaskClass",
        "  cronJobTemplate: {schedule: '@daily', jobTemplate: {spec: {template: {spec: {initContainers: [{name: m, env: [{name: A_PAT, value: b}]}]}}}}}",
      ),
    ],
    yields: [`6 ${inGit("A_SECRET")}`, `13 ${inGit("A_PAT")}`],
  },
  {
    mistake: "configured values whose variable is named like a secret",
    documents: [
      group(["{environment: dev, value: a}", "{environment: prod, value: b}"]),
      ...service("cart", {
        workload: env("{key: TOKEN, valueFrom: {configurationGroupRef: {name: shared, key: level}}}"),
      }),
    ],
    yields: [`12 ${inGit("level")}`, `13 ${inGit("level")}`],
  },
  {
    mistake: "configured values whose key is named like a secret",
    documents: [group(["{environment: dev, value: a}"]).replace("key: level", "key: db-password")],
    yields: [`12 ${inGit("db-password")}`],
  },
];

const pipeline = (paths: string): string => doc("DeploymentPipeline", "b", `  promotionPaths:\n${paths}`);
const step = (from: string, to: string): string =>
  `    - {sourceEnvironmentRef: ${from}, targetEnvironmentRefs: [{name: ${to}}]}\n`;
const classSpec = (spec: string): string =>
  classOf("ServiceClass", `  deploymentTemplate:\n    template:\n      spec: ${spec}`);

const more: readonly Row[] = [
  {
    mistake: "an environment that is promoted to itself",
    documents: [pipeline(step("dev", "dev"))],
    yields: ["7 pipeline-cycle promotion goes round: dev → dev"],
  },
  {
    mistake: "one step of a pipeline twice",
    documents: [pipeline(step("dev", "prod") + step("dev", "prod"))],
    yields: ["8 duplicate-key the step dev → prod stands twice"],
  },
  {
    mistake: "a schedule that is none",
    documents: [classOf("ScheduledTaskClass", "  cronJobTemplate: {schedule: daily}")],
    yields: [
      "6 schema spec.cronJobTemplate.schedule: a schedule has 5 fields (minute, hour, day of month, month, day of week) or is a word such as @daily",
    ],
  },
  {
    mistake: "a task's class with one container twice, labels of the engine and pods that never end",
    documents: [
      classOf(
        "ScheduledTaskClass",
        "  cronJobTemplate:\n    schedule: '@daily'\n    jobTemplate:\n      spec:\n        template:\n          metadata: {labels: {project-name: a}}\n          spec:\n            restartPolicy: Always\n            containers:\n              - name: a\n              - name: a",
      ),
    ],
    yields: [
      "11 reserved-field project-name is set by the engine, so that pods and selectors always agree; this one is not used",
      "13 invalid-template pods of a CronJob restart OnFailure or Never, not Always",
      "16 duplicate-key containers has a twice, and the API server refuses that",
    ],
  },
  {
    mistake: "a class that mounts no volume",
    documents: [classSpec("{containers: [{name: a, volumeMounts: [{name: x, mountPath: /x}]}]}")],
    yields: ["8 invalid-template there is no volume x to mount"],
  },
  {
    mistake: "labels, selectors and variables that no server takes",
    documents: [
      classOf(
        "ServiceClass",
        "  deploymentTemplate:\n    template:\n      metadata: {labels: {a: b c}}\n      spec:\n        nodeSelector: {-a: b}\n        containers:\n          - name: m\n            env: [{name: A=B, value: a}]",
      ),
    ],
    yields: [
      "8 schema spec.deploymentTemplate.template.metadata.labels.a: must be at most 63 letters, digits, -, _ and ., starting and ending with a letter or digit",
      "10 schema spec.deploymentTemplate.template.spec.nodeSelector.-a: the name must be a key such as app or example.org/app, at most 63 characters after the slash",
      "13 schema spec.deploymentTemplate.template.spec.containers.0.env.0.name: must be printable ASCII without =",
    ],
  },
  {
    mistake: "an image with a scheme",
    documents: service("cart", { workload: "  containers: {main: {image: 'https://registry.example/app'}}\n" }),
    yields: [
      "18 schema spec.containers.main.image: must be an image reference such as registry.example/team/app:1.2, in lower case and without https://",
    ],
  },
];

test.for([...rows, ...more])("$mistake", async ({ documents, yields }) => {
  const { problems } = await renderFilesOf(
    new Map([
      ["platform.yaml", surroundings.join("---\n")],
      ["specs.yaml", documents.join("---\n")],
    ]),
  );
  const own = problems.filter(({ place }) => place.file === "specs.yaml");
  expect(own.map(({ place, code, message }) => `${place.line} ${code} ${message}`)).toEqual(yields);
});

test("planes of every kind are published", async () => {
  const { planes } = await renderTexts(
    ...surroundings,
    doc("ObservabilityPlane", "logs", "  observerURL: https://logs"),
    doc("BuildPlane", "ci", ""),
    doc("BuildPlane", "p".repeat(60), ""),
  );
  expect(planes.map(planePath)).toEqual(["build/default/ci", "data/default/eu", "observability/default/logs"]);
});

test("a value of a key that stands twice is not rendered", async () => {
  const key = "    - {key: level, values: [{environment: dev, value: a}]}\n";
  const workload = env("{key: LEVEL, valueFrom: {configurationGroupRef: {name: shared, key: level}}}");
  const release = async (keys: string): Promise<readonly string[]> => {
    const shared = doc("ConfigurationGroup", "shared", `  configurations:\n${keys}`);
    const { releases } = await renderTexts(...surroundings, shared, ...service("cart", { workload }));
    return releases.map(({ path }) => path);
  };
  expect({ once: await release(key), twice: await release(key + key) }).toEqual({
    once: ["cells/shop/dev.yaml", "releases/shop/dev/cart.yaml"],
    twice: [],
  });
});
