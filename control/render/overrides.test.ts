/** What an environment changes of a component, in its Binding: the last word, as far as the class lets it. */
import { expect, test } from "vitest";
import { doc, owner, renderFilesOf, renderTexts } from "../specs-fixture.contract.ts";
import {
  errorsOf,
  platformWith,
  podOf,
  renderService,
  serviceOf,
  specOf,
  stored,
} from "./rendered-service.contract.ts";

const classOf = (more: string): readonly string[] =>
  platformWith(
    "ServiceClass",
    `  deploymentTemplate:
    replicas: 2
    template:
      spec:
        containers:
          - name: main
            resources: {requests: {cpu: 50m, memory: 64Mi}}
            env: [{name: LOG, value: class}, {name: REGION, value: eu}]
          - name: proxy
            image: proxy:1
${more}`,
    stored,
  );
const everything =
  "  allowedOverrides: [replicas, autoscaling, resources, env, files, args, probes, securityContext, volumes]";
const workload = `env:
  - {key: LOG, value: info}
  - {key: MODE, value: quick}
args: [--fast]
resources: {requests: {cpu: 100m}}`;
/** A Binding of `cart` in dev, which follows its claim and says this. */
const overridden = (overrides: string): string =>
  doc(
    "ServiceBinding",
    "cart-dev",
    `${owner("cart")}  environment: dev
  workloadSpec: {containers: {main: {image: old}}}
  environmentOverrides:
${overrides
  .split("\n")
  .map((line) => `    ${line}\n`)
  .join("")}`,
  );

test("the environment's word goes over the Workload's, and the Workload's over the class's", async () => {
  const overrides = `replicas: 5
containers:
  main:
    env: [{key: LOG, value: debug}, {key: NEW, value: "1"}]
    args: [--slow]
    resources: {requests: {memory: 1Gi}}
    readinessProbe: {tcpSocket: {port: 80}}
    securityContext: {runAsUser: 7}
  proxy:
    resources: {limits: {memory: 2Gi}}`;
  const { errors, objects } = await renderService(classOf(everything), ...serviceOf(workload), overridden(overrides));
  expect(errors).toEqual([]);
  expect(specOf(objects, "Deployment")).toMatchObject({ replicas: 5 });
  expect(podOf(objects).spec.containers).toEqual([
    {
      name: "main",
      image: "a",
      args: ["--slow"],
      env: [
        { name: "LOG", value: "debug" },
        { name: "REGION", value: "eu" },
        { name: "MODE", value: "quick" },
        { name: "NEW", value: "1" },
      ],
      resources: { requests: { cpu: "100m", memory: "1Gi" } },
      readinessProbe: { tcpSocket: { port: 80 } },
      securityContext: { runAsUser: 7 },
    },
    { name: "proxy", image: "proxy:1", resources: { limits: { memory: "2Gi" } } },
  ]);
});

test("what an override says anew of a variable or a file need not be found where the Workload says it", async () => {
  const documents = serviceOf(`env:
  - {key: PASSWORD, valueFrom: {secretRef: {name: gone, key: a}}}
files:
  - {key: conf, mountPath: /etc, valueFrom: {configurationGroupRef: {name: gone, key: a}}}
  - {key: other, mountPath: /etc, value: kept}`);
  const overrides = `containers:
  main:
    env: [{key: PASSWORD, valueFrom: {secretRef: {name: db, key: pw}}}]
    files: [{key: conf, mountPath: /etc, value: here}]`;
  const db = doc("SecretReference", "db", "  data: [{secretKey: pw, remoteRef: {key: a}}]");
  const { errors, objects } = await renderService(classOf(everything), ...documents, db, overridden(overrides));
  expect(errors).toEqual([]);
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    expect.stringMatching(/^Namespace /),
    expect.stringMatching(/^CiliumNetworkPolicy cell-/),
    "ConfigMap cart.files",
    "ExternalSecret cart.db",
    "Deployment cart",
  ]);
  const configMap = objects.find(({ kind }) => kind === "ConfigMap") as unknown as { data: Record<string, string> }; // found above
  expect(new Set(Object.values(configMap.data))).toEqual(new Set(["here", "kept"]));
  expect(podOf(objects).spec.containers[0]).toMatchObject({
    env: [{}, {}, { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "cart.db", key: "pw" } } }],
    volumeMounts: [{ mountPath: "/etc/other" }, { mountPath: "/etc/conf" }],
  });
});

test("an environment sets the autoscaler's bounds and how large a volume is", async () => {
  const more = `${everything}\n  hpaTemplate: {minReplicas: 1, maxReplicas: 3}`;
  const overrides = "autoscaling: {minReplicas: 4, maxReplicas: 9}\nvolumes: {data: {size: 50Gi, storageClass: fast}}";
  const documents = serviceOf(
    "volumeMounts: [{name: data, mountPath: /data}]",
    "  volumes: {data: {persistent: {size: 1Gi, accessModes: [ReadWriteMany]}}}\n",
  );
  const { errors, objects } = await renderService(classOf(more), ...documents, overridden(overrides));
  expect(errors).toEqual([]);
  expect(specOf(objects, "HorizontalPodAutoscaler")).toMatchObject({ minReplicas: 4, maxReplicas: 9 });
  expect(specOf(objects, "PersistentVolumeClaim")).toEqual({
    accessModes: ["ReadWriteMany"],
    resources: { requests: { storage: "50Gi" } },
    storageClassName: "fast",
  });
});

test("a task's environment sets when it runs, where its class lets it", async () => {
  const claim = serviceOf("").map((text) =>
    text.replace("type: Service", "type: ScheduledTask").replace("kind: Service\n", "kind: ScheduledTask\n"),
  );
  const binding = overridden('schedule: "5 4 * * *"').replace("ServiceBinding", "ScheduledTaskBinding");
  const task = (allowed: string): string =>
    doc("ScheduledTaskClass", "default", `  cronJobTemplate: {schedule: '@daily'}\n${allowed}`);
  const open = await renderService(stored, ...claim, task("  allowedOverrides: [schedule]"), binding);
  expect({ errors: open.errors, schedule: specOf(open.objects, "CronJob")?.["schedule"] }).toEqual({
    errors: [],
    schedule: "5 4 * * *",
  });
  expect(errorsOf(await renderService(stored, ...claim, task(""), binding))).toEqual([
    "invalid-override ScheduledTaskClass default does not let an environment change schedule, only replicas, resources, env",
  ]);
});

test("what is suspended has no pods, whatever the environment says", async () => {
  const binding = overridden("replicas: 5").replace(
    "  environment: dev\n",
    "  environment: dev\n  releaseState: Suspend\n",
  );
  const { errors, objects } = await renderService(classOf(""), ...serviceOf(workload), binding);
  expect({ errors, replicas: specOf(objects, "Deployment")?.["replicas"] }).toEqual({ errors: [], replicas: 0 });
});

const main = (fields: string): string => `containers: {main: {${fields}}}`;
const only = "only replicas, resources, env";

test.for([
  {
    mistake: "what the class lets nobody change",
    overrides: main("args: [b]"),
    yields: [`invalid-override ServiceClass default does not let an environment change args, ${only}`],
  },
  {
    mistake: "every probe that the class lets nobody change",
    overrides: main("livenessProbe: {exec: {command: [a]}}, startupProbe: {exec: {command: [a]}}"),
    yields: [
      `invalid-override ServiceClass default does not let an environment change probes, ${only}`,
      `invalid-override ServiceClass default does not let an environment change probes, ${only}`,
    ],
  },
  {
    mistake: "anything where the class lets nobody change anything",
    more: "  allowedOverrides: []",
    overrides: "replicas: 3",
    yields: ["invalid-override ServiceClass default does not let an environment change replicas, only none"],
  },
  {
    mistake: "a container that is not there, and what else is wrong",
    overrides: "containers: {mian: {env: [{key: A, value: b}]}}",
    container: "livenessProbe: {}",
    yields: [
      "invalid-template livenessProbe has none of what it may have",
      "invalid-override the component has no container mian to change",
    ],
  },
  {
    mistake: "a volume that is not there",
    more: everything,
    overrides: "volumes: {data: {size: 1Gi}}",
    yields: ["invalid-override the component has no persistent volume data to change"],
  },
  {
    mistake: "replicas beside an autoscaler",
    more: "  hpaTemplate: {maxReplicas: 3}",
    overrides: "replicas: 3",
    yields: ["invalid-override how many pods there are is said by the autoscaler of default"],
  },
  {
    mistake: "an autoscaler's bounds without one",
    more: everything,
    overrides: "autoscaling: {maxReplicas: 3}",
    yields: ["invalid-override ServiceClass default has no autoscaler"],
  },
  {
    mistake: "bounds that contradict the class's",
    more: `${everything}\n  hpaTemplate: {minReplicas: 4, maxReplicas: 6}`,
    overrides: "autoscaling: {maxReplicas: 3}",
    yields: ["invalid-template at least 4 pods are asked for, and at most 3"],
  },
  {
    mistake: "a variable twice",
    overrides: main("env: [{key: A, value: a}, {key: A, value: b}]"),
    yields: ["duplicate-key env has A twice, and the API server refuses that"],
  },
  {
    mistake: "a variable without a value",
    overrides: main("env: [{key: A}]"),
    yields: ["unsupported-value A has no value"],
  },
  {
    mistake: "more asked for than the limit",
    overrides: main("resources: {limits: {memory: 1Mi}}"),
    yields: ["invalid-template more memory is requested than the limit allows"],
  },
  {
    mistake: "an unknown override",
    overrides: "replica: 3",
    yields: [expect.stringMatching(/^schema .*replica/)],
  },
  {
    mistake: "an image",
    overrides: main("image: b"),
    yields: [expect.stringMatching(/^schema .*image/)],
  },
])("refuses $mistake", async ({ more = "", container = "", overrides, yields }) => {
  const rendered = await renderService(classOf(more), ...serviceOf(container), overridden(overrides));
  expect(errorsOf(rendered)).toEqual(yields);
  expect(rendered.objects.filter(({ kind }) => kind === "Deployment")).toEqual([]);
});

test("a refused override is shown where it stands, and every leaf that one set leads to its line", async () => {
  const documents = [...classOf(""), ...serviceOf(workload)].join("---\n");
  const bindingFile = (text: string): Promise<Awaited<ReturnType<typeof renderFilesOf>>> =>
    renderFilesOf(
      new Map([
        ["all.yaml", documents],
        ["binding.yaml", overridden(text)],
      ]),
    );
  const { problems } = await bindingFile("containers:\n  main:\n    args: [b]");
  expect(problems.map(({ place }) => place)).toEqual([{ file: "binding.yaml", line: 14, column: 15 }]);
  const { releases } = await bindingFile("replicas: 5");
  const deployment = releases.flatMap(({ manifests }) => manifests).find(({ object }) => object.kind === "Deployment");
  const spec = deployment?.tree.kind === "map" ? deployment.tree.entries.get("spec") : undefined;
  const replicas = spec?.kind === "map" ? spec.entries.get("replicas") : undefined;
  expect(replicas).toEqual({
    kind: "scalar",
    value: 5,
    origin: { kind: "field", file: "binding.yaml", line: 12, column: 15 },
  });
});

test("upstream's switches are still taken, with a warning, and change nothing", async () => {
  const plain = await renderTexts(...classOf(""), ...serviceOf(workload));
  const binding = overridden("{}").replace("  environment: dev\n", "  environment: dev\n  overrides: {debug: true}\n");
  const { releases, problems } = await renderTexts(...classOf(""), ...serviceOf(workload), binding);
  expect(problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual(["warning unused-field"]);
  expect(releases.map(({ release }) => release)).toEqual(plain.releases.map(({ release }) => release));
});
