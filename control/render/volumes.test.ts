/** Volumes of a Workload, and what it says of its containers in Kubernetes' own words. */
import { expect, test } from "vitest";
import { doc, renderTexts, service } from "../specs-fixture.contract.ts";
import { errorsOf, platformWith, podOf, renderService, serviceOf, specOf } from "./rendered-service.contract.ts";

const one = platformWith("ServiceClass", "  deploymentTemplate: {replicas: 1}");
const mount = (name: string): string => `volumeMounts: [{name: ${name}, mountPath: /var/lib/${name}}]`;
const volumes = (...lines: readonly string[]): string => `  volumes:\n${lines.map((line) => `    ${line}\n`).join("")}`;

test("storage that stays is a claim, and its pods are ended before new ones start", async () => {
  const { errors, objects } = await renderService(
    one,
    ...serviceOf(mount("data"), volumes("data: {persistent: {size: 10Gi, storageClass: fast}}")),
  );
  expect(errors).toEqual([]);
  expect(objects.find(({ kind }) => kind === "PersistentVolumeClaim")).toMatchObject({
    apiVersion: "v1",
    metadata: { name: "cart.data" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "10Gi" } },
      storageClassName: "fast",
    },
  });
  expect(podOf(objects).spec).toMatchObject({
    containers: [{ volumeMounts: [{ name: "data", mountPath: "/var/lib/data" }] }],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "cart.data" } }],
  });
  expect(specOf(objects, "Deployment")?.["strategy"]).toEqual({ type: "Recreate" });
});

test.for([
  ["storage that many nodes may have", "{persistent: {size: 1Gi, accessModes: [ReadWriteMany]}}", "", undefined],
  ["scratch space", "{emptyDir: {medium: Memory, sizeLimit: 64Mi}}", "", undefined],
  [
    "a class that says how pods are replaced",
    "{persistent: {size: 1Gi}}",
    ", strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}",
    { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
  ],
] as const)("%s leaves the rollout as it is", async ([, volume, strategy, expected]) => {
  const platform = platformWith("ServiceClass", `  deploymentTemplate: {replicas: 1${strategy}}`);
  const documents = serviceOf(mount("data"), volumes(`data: ${volume}`));
  const { errors, objects } = await renderService(platform, ...documents);
  expect({ errors, strategy: specOf(objects, "Deployment")?.["strategy"] }).toEqual({
    errors: [],
    strategy: expected,
  });
});

const waiting =
  "warning invalid-template a new pod may start before the old one ends, and wait for ever for volume data, which pods of one node have at a time";

test.for([
  { strategy: "{type: RollingUpdate}", access: "ReadWriteOnce", yields: [waiting] },
  { strategy: "{rollingUpdate: {maxSurge: 1}}", access: "ReadWriteOncePod", yields: [waiting] },
  { strategy: "{rollingUpdate: {maxUnavailable: 1}}", access: "ReadWriteOnce", yields: [waiting] },
  { strategy: "{type: Recreate}", access: "ReadWriteOnce", yields: [] },
  { strategy: "{rollingUpdate: {maxSurge: 0%}}", access: "ReadWriteOnce", yields: [] },
  { strategy: "{type: RollingUpdate}", access: "ReadWriteMany", yields: [] },
  { strategy: "{}", access: "ReadWriteOnce", yields: [] },
  { strategy: "null", access: "ReadWriteOnce", yields: [] },
])("a class with strategy $strategy beside storage that is $access", async ({ strategy, access, yields }) => {
  const platform = platformWith("ServiceClass", `  deploymentTemplate:\n    replicas: 1\n    strategy: ${strategy}`);
  const storage = volumes(`data: {persistent: {size: 1Gi, accessModes: [${access}]}}`);
  const all = [...platform, ...serviceOf(mount("data"), storage)];
  const { problems, releases } = await renderTexts(...all);
  expect(problems.map(({ severity, code, message }) => `${severity} ${code} ${message}`)).toEqual(yields);
  const lines = all.join("---\n").split("\n");
  expect(problems.map(({ place }) => lines[place.line - 1])).toEqual(yields.map(() => `    strategy: ${strategy}`));
  const objects = releases.flatMap(({ release }) => release.spec.resources.map(({ object }) => object));
  const isRecreated = ["{}", "null", "{type: Recreate}"].includes(strategy);
  const rendered = specOf(objects, "Deployment")?.["strategy"] as { readonly type?: string } | undefined; // as a Deployment has it
  expect(rendered?.type === "Recreate").toBe(isRecreated);
});

test("a Workload's volume takes the place of the class's of its name", async () => {
  const platform = platformWith(
    "ServiceClass",
    "  deploymentTemplate: {template: {spec: {volumes: [{name: tmp, hostPath: {path: /tmp}}]}}}",
  );
  const { errors, objects } = await renderService(platform, ...serviceOf(mount("tmp"), volumes("tmp: {emptyDir: {}}")));
  expect({ errors, volumes: podOf(objects).spec["volumes"] }).toEqual({
    errors: [],
    volumes: [{ name: "tmp", emptyDir: {} }],
  });
});

test("a task has volumes too", async () => {
  const documents = [
    doc("ScheduledTaskClass", "default", "  cronJobTemplate: {schedule: '@daily'}"),
    ...serviceOf(mount("data"), volumes("data: {persistent: {size: 1Gi}}")).map((text) =>
      text.replace("type: Service", "type: ScheduledTask").replace("kind: Service\n", "kind: ScheduledTask\n"),
    ),
  ];
  const { errors, objects } = await renderService(one, ...documents);
  expect(errors).toEqual([]);
  expect(specOf(objects, "CronJob")).toMatchObject({
    jobTemplate: { spec: { template: { spec: { volumes: [{ persistentVolumeClaim: { claimName: "cart.data" } }] } } } },
  });
});

const classProbe = `  deploymentTemplate:
    template:
      spec:
        containers:
          - name: main
            resources: {requests: {cpu: 50m, memory: 64Mi}, limits: {memory: 64Mi}}
            livenessProbe: {httpGet: {path: /live, port: 80}, periodSeconds: 20}
            securityContext: {runAsNonRoot: true, capabilities: {drop: [ALL]}}`;

test("what a Workload says of a container is laid over the class's field by field, a probe's way to ask as a whole", async () => {
  const { errors, objects } = await renderService(
    platformWith("ServiceClass", classProbe),
    ...serviceOf(`resources: {requests: {cpu: 200m}, limits: {memory: 128Mi}}
livenessProbe: {tcpSocket: {port: 81}}
readinessProbe: {exec: {command: [ready]}}
startupProbe: {grpc: {port: 82}, failureThreshold: 30}
securityContext: {runAsUser: 1000}`),
  );
  expect(errors).toEqual([]);
  expect(podOf(objects).spec.containers).toEqual([
    {
      name: "main",
      image: "a",
      resources: { requests: { cpu: "200m", memory: "64Mi" }, limits: { memory: "128Mi" } },
      livenessProbe: { tcpSocket: { port: 81 }, periodSeconds: 20 },
      readinessProbe: { exec: { command: ["ready"] } },
      startupProbe: { grpc: { port: 82 }, failureThreshold: 30 },
      securityContext: { runAsNonRoot: true, capabilities: { drop: ["ALL"] }, runAsUser: 1000 },
    },
  ]);
});

test.for([
  {
    mistake: "a volume that nothing mounts",
    container: "",
    more: volumes("data: {persistent: {size: 1Gi}}"),
    yields: ["invalid-template no container mounts volume data"],
  },
  {
    mistake: "a mount of no volume",
    container: mount("dta"),
    more: volumes("data: {emptyDir: {}}"),
    yields: ["invalid-template there is no volume dta to mount", "invalid-template no container mounts volume data"],
  },
  {
    mistake: "a volume of two kinds",
    container: mount("data"),
    more: volumes("data: {emptyDir: {}, persistent: {size: 1Gi}}"),
    yields: ["schema spec.volumes.data: needs exactly one of emptyDir and persistent"],
  },
  {
    mistake: "a volume of no kind",
    container: mount("data"),
    more: volumes("data: {}"),
    yields: ["schema spec.volumes.data: needs exactly one of emptyDir and persistent"],
  },
  {
    mistake: "a size that is none",
    container: mount("data"),
    more: volumes("data: {persistent: {size: ten}}"),
    yields: ["schema spec.volumes.data.persistent.size: must be a quantity, such as 100m, 0.5 or 64Mi"],
  },
  {
    mistake: "a size of nothing",
    container: mount("data"),
    more: volumes("data: {persistent: {size: 0}}"),
    yields: ["schema spec.volumes.data.persistent.size: must be more than nothing"],
  },
  {
    mistake: "storage of one pod for two",
    container: mount("data"),
    more: volumes("data: {persistent: {size: 1Gi, accessModes: [ReadWriteOncePod]}}"),
    replicas: 2,
    yields: ["invalid-template volume data is of one pod, and up to 2 are to run"],
  },
  {
    mistake: "storage of one node for two pods",
    container: mount("data"),
    more: volumes("data: {persistent: {size: 1Gi}}"),
    replicas: 2,
    yields: ["invalid-template volume data is of the pods of one node, and up to 2 are to run"],
  },
  {
    mistake: "storage of one node for as many pods as an autoscaler may want",
    container: mount("data"),
    more: volumes("data: {persistent: {size: 1Gi, accessModes: [ReadWriteOnce, ReadWriteOncePod]}}"),
    scaling: "\n  hpaTemplate: {maxReplicas: 3}",
    yields: ["invalid-template volume data is of the pods of one node, and up to 3 are to run"],
  },
  {
    mistake: "a volume that is called like the engine's",
    container: mount("gitplane-x"),
    more: volumes("gitplane-x: {emptyDir: {}}"),
    yields: ["reserved-field volumes whose names start with gitplane- are the engine's own"],
  },
  {
    mistake: "a probe that asks in two ways",
    container: "livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 80}}",
    yields: ["invalid-template livenessProbe has exec and tcpSocket, and may have only one of them"],
  },
  {
    mistake: "a probe that does not ask",
    container: "livenessProbe: {periodSeconds: 5}",
    yields: ["invalid-template livenessProbe has none of what it may have"],
  },
  {
    mistake: "a probe that the node sends elsewhere",
    container: "readinessProbe: {httpGet: {port: 80, host: db.other}}",
    yields: ["unsafe-template readinessProbe asks db.other from the node, past every policy of the cell"],
  },
  {
    mistake: "a bad quantity",
    container: "resources: {limits: {memory: 64Mb}}",
    yields: ["schema spec.containers.main.resources.limits.memory: must be a quantity, such as 100m, 0.5 or 64Mi"],
  },
  {
    mistake: "an unknown field of Kubernetes'",
    container: "securityContext: {runAsRoot: true}",
    yields: [expect.stringMatching(/^schema .*runAsRoot/)],
  },
])("refuses $mistake", async ({ container, more = "", replicas = 1, scaling = "", yields }) => {
  const pods = scaling === "" ? `{replicas: ${replicas}}` : "{}";
  const platform = platformWith("ServiceClass", `  deploymentTemplate: ${pods}${scaling}`);
  expect(errorsOf(await renderService(platform, ...serviceOf(container, more)))).toEqual(yields);
});

test("a Workload without any of it renders what it did", async () => {
  const { objects } = await renderService(one, ...service("cart"));
  expect(objects.map(({ kind }) => kind)).toEqual(["Namespace", "CiliumNetworkPolicy", "Deployment"]);
  expect(podOf(objects)).toEqual({
    metadata: { labels: expect.anything() },
    spec: { containers: [{ name: "main", image: "registry.example/app:1" }] },
  });
});
