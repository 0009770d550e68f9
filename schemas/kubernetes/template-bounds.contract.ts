/**
 * For tests: fields of templates at their bounds and beyond them, and fields that contradict each other. What is refused here
 * a real API server refuses, and what is taken it takes; `gitplane validate` is held against the same table.
 */

/** Where the fields are laid: over a Deployment's spec, its pod or container `main`, and so on. */
export type TemplateLevel =
  | "deployment"
  | "pod"
  | "container"
  | "cronJob"
  | "job"
  | "taskPod"
  | "service"
  | "autoscaler"
  | "budget";

export type TemplateCase = {
  readonly level: TemplateLevel;
  /** Fields in YAML, in one line. */
  readonly fields: string;
  readonly isRefused: boolean;
};

const exec = "exec: {command: [x]}";
const get = (port: string | number): string => `{httpGet: {port: ${port}}}`;
const ports = (text: string): string => `{ports: [${text}]}`;
const volumes = (text: string): string => `{volumes: [${text}]}`;
const mount = (text: string): string =>
  `{volumes: [{name: v}], containers: [{name: main, volumeMounts: [{name: v, mountPath: /v, ${text}}]}]}`;
const mountPrivileged = (text: string): string =>
  mount(text).replace("{name: main", "{name: main, securityContext: {privileged: true}");
const nodes = (terms: string): string =>
  `{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [${terms}]}}}}`;
const before = (text: string): string => `{initContainers: [{name: first, image: x, ${text}}]}`;
const metric = (text: string): string => `{metrics: [{${text}}]}`;
const cpu = (target: string): string => metric(`type: Resource, resource: {name: cpu, target: {${target}}}`);
const queue = "metric: {name: queue}";
const rollout = (text: string): string => `{strategy: {rollingUpdate: {${text}}}}`;

const refused: Readonly<Record<TemplateLevel, readonly string[]>> = {
  deployment: [
    "{replicas: -1}",
    "{minReadySeconds: -1}",
    "{revisionHistoryLimit: -1}",
    "{progressDeadlineSeconds: -1}",
    "{progressDeadlineSeconds: 5, minReadySeconds: 5}",
    "{minReadySeconds: 600}",
    "{strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}}",
    "{strategy: {type: Recreate, rollingUpdate: {}}}",
    rollout("maxSurge: 0, maxUnavailable: 0"),
    rollout('maxSurge: "0%", maxUnavailable: 0'),
    rollout("maxSurge: -1"),
    rollout("maxUnavailable: -1"),
    rollout('maxUnavailable: "101%"'),
    rollout("maxSurge: some"),
    rollout('maxSurge: "1"'),
    rollout('maxSurge: "-1%"'),
  ],
  pod: [
    "{activeDeadlineSeconds: 60}",
    volumes("{name: a, emptyDir: {}, configMap: {name: b}}"),
    volumes("{name: a, emptyDir: {sizeLimit: -1}}"),
    volumes("{name: a, configMap: {name: b, defaultMode: 512}}"),
    volumes("{name: a, secret: {secretName: b, defaultMode: -1}}"),
    "{securityContext: {runAsUser: -1}}",
    "{securityContext: {fsGroup: 2147483648}}",
    nodes(""),
    "{dnsPolicy: None}",
    "{dnsPolicy: None, dnsConfig: {searches: [a.example]}}",
    "{hostAliases: [{ip: somewhere, hostnames: [a]}]}",
    "{hostAliases: [{ip: 10.0.0.256}]}",
    "{hostAliases: [{ip: '::ffff:10.0.0.1'}]}",
    "{securityContext: {sysctls: [{name: net.a, value: b}, {name: net.a, value: c}]}}",
    "{readinessGates: [{conditionType: a b}]}",
    ...["lifecycle: {}", ...["liveness", "readiness", "startup"].map((name) => `${name}Probe: {${exec}}`)].map(before),
    mount("subPath: ../a"),
    mount("subPath: a/.."),
    mount("subPath: /a"),
    mount("subPathExpr: a/../$(A)"),
    mount("subPath: a, subPathExpr: b"),
    mount("recursiveReadOnly: Enabled"),
    mount("recursiveReadOnly: IfPossible, readOnly: false"),
    mount("recursiveReadOnly: Never"),
    mount("recursiveReadOnly: Enabled, readOnly: true, mountPropagation: HostToContainer"),
    mount("mountPropagation: Bidirectional"),
  ],
  container: [
    "{livenessProbe: {}}",
    "{readinessProbe: {periodSeconds: 5}}",
    "{livenessProbe: {exec: null}}",
    `{startupProbe: {${exec}, tcpSocket: {port: 1}}}`,
    `{livenessProbe: {${exec}, timeoutSeconds: -1}}`,
    `{livenessProbe: {${exec}, periodSeconds: -1}}`,
    `{readinessProbe: {${exec}, successThreshold: -1}}`,
    `{livenessProbe: {${exec}, failureThreshold: -1}}`,
    `{livenessProbe: {${exec}, initialDelaySeconds: -1}}`,
    `{livenessProbe: {${exec}, successThreshold: 2}}`,
    `{startupProbe: {${exec}, successThreshold: 2}}`,
    `{livenessProbe: {${exec}, terminationGracePeriodSeconds: 0}}`,
    `{readinessProbe: {${exec}, terminationGracePeriodSeconds: 1}}`,
    `{livenessProbe: ${get(99_999)}}`,
    `{livenessProbe: ${get(0)}}`,
    `{livenessProbe: ${get("No_Name")}}`,
    `{livenessProbe: ${get('"80"')}}`,
    "{livenessProbe: {tcpSocket: {port: 70000}}}",
    "{livenessProbe: {grpc: {port: 0}}}",
    "{lifecycle: {preStop: {}}}",
    `{lifecycle: {preStop: {${exec}, sleep: {seconds: 1}}}}`,
    `{lifecycle: {postStart: ${get(65_536)}}}`,
    "{lifecycle: {preStop: {sleep: {seconds: -1}}}}",
    "{lifecycle: {preStop: {sleep: {seconds: 31}}}}",
    ports("{name: a, containerPort: 1}, {name: a, containerPort: 2}"),
    ports("{containerPort: 1, hostPort: -1}"),
    ports("{containerPort: 1, hostPort: 65536}"),
    "{env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}",
    "{env: [{name: A, valueFrom: {}}]}",
    "{env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: a, key: b}}}]}",
    "{resources: {requests: {cpu: -1}}}",
    '{resources: {limits: {memory: "-1Mi"}}}',
    '{resources: {limits: {example.com/gpu: "0.5"}}}',
    "{resources: {requests: {example.com/gpu: 1}, limits: {example.com/gpu: 2}}}",
    "{resources: {requests: {cpu: 1, hugepages-2Mi: 2Mi}, limits: {hugepages-2Mi: 4Mi}}}",
    "{resources: {requests: {cpu: 2}, limits: {cpu: 1}}}",
    "{securityContext: {runAsGroup: -1}}",
  ],
  cronJob: [
    "{successfulJobsHistoryLimit: -1}",
    "{failedJobsHistoryLimit: -1}",
    "{startingDeadlineSeconds: -1}",
    "{timeZone: Mars/Phobos}",
    "{timeZone: Local}",
    '{timeZone: ""}',
    '{timeZone: "+01:00"}',
  ],
  job: [
    "{backoffLimit: -1}",
    "{parallelism: -2}",
    "{completions: -1}",
    "{activeDeadlineSeconds: -1}",
    "{ttlSecondsAfterFinished: -1}",
  ],
  taskPod: ["{activeDeadlineSeconds: 0}", "{activeDeadlineSeconds: 2147483648}"],
  service: [
    ports("{port: 80, targetPort: 99999}"),
    ports("{port: 80, targetPort: -1}"),
    ports("{port: 80, targetPort: No_Name}"),
    ports("{port: 80, nodePort: 30080}"),
    "{externalTrafficPolicy: Local}",
    "{allocateLoadBalancerNodePorts: false}",
    "{healthCheckNodePort: 30080}",
    "{loadBalancerClass: a}",
    "{loadBalancerSourceRanges: [10.0.0.0/8]}",
    "{ipFamilies: [IPv4, IPv6]}",
    "{ipFamilyPolicy: SingleStack, ipFamilies: [IPv4, IPv6]}",
    "{clusterIPs: [None]}",
    "{clusterIP: None, clusterIPs: [10.0.0.7]}",
    "{clusterIP: 10.0.0.8, clusterIPs: [10.0.0.7]}",
  ],
  autoscaler: [
    "{minReplicas: -1}",
    "{minReplicas: 4}",
    "{minReplicas: 0}",
    "{maxReplicas: 0}",
    metric("type: Memory"),
    metric("type: Resource"),
    metric("type: Pods, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}"),
    metric(
      `type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}, pods: {${queue}, target: {type: AverageValue, averageValue: 1}}`,
    ),
    cpu("type: Utilization"),
    cpu("type: Share, averageUtilization: 80"),
    cpu("type: Utilization, averageUtilization: 0"),
    cpu("type: AverageValue, averageValue: 0"),
    cpu("type: Utilization, averageUtilization: 80, averageValue: 1"),
    metric(
      "type: ContainerResource, containerResource: {name: cpu, container: No, target: {type: Utilization, averageUtilization: 80}}",
    ),
    metric(`type: Pods, pods: {${queue}, target: {type: Value, value: 1}}`),
    metric(`type: External, external: {${queue}, target: {type: Value, value: 1, averageValue: 1}}`),
    metric("type: External, external: {metric: {name: ''}, target: {type: Value, value: 1}}"),
    "{behavior: {scaleDown: {stabilizationWindowSeconds: 3601}}}",
    "{behavior: {scaleDown: {policies: []}}}",
    "{behavior: {scaleDown: {selectPolicy: Least}}}",
    "{behavior: {scaleUp: {policies: [{type: Nodes, value: 1, periodSeconds: 1}]}}}",
    "{behavior: {scaleUp: {policies: [{type: Pods, value: 0, periodSeconds: 1}]}}}",
    "{behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 1801}]}}}",
    "{behavior: {scaleUp: {policies: [{type: Pods, value: 1, periodSeconds: 0}]}}}",
  ],
  budget: [
    "{minAvailable: -1}",
    '{minAvailable: "101%"}',
    "{minAvailable: some}",
    "{maxUnavailable: -1}",
    "{minAvailable: 1, maxUnavailable: 1}",
    "{minAvailable: 1, unhealthyPodEvictionPolicy: Never}",
  ],
};

const taken: Readonly<Record<TemplateLevel, readonly string[]>> = {
  deployment: [
    "{replicas: 0}",
    "{minReadySeconds: 0}",
    "{revisionHistoryLimit: 0}",
    "{minReadySeconds: 599}",
    "{progressDeadlineSeconds: 1}",
    "{strategy: {type: Recreate}}",
    "{strategy: {type: Recreate, rollingUpdate: null}}",
    "{strategy: {type: RollingUpdate, rollingUpdate: {}}}",
    rollout("maxSurge: 0"),
    rollout("maxSurge: 0, maxUnavailable: 1"),
    rollout('maxSurge: "200%", maxUnavailable: "100%"'),
    rollout("maxSurge: 0, maxUnavailable: null"),
  ],
  pod: [
    "{terminationGracePeriodSeconds: 0}",
    "{terminationGracePeriodSeconds: -1}",
    volumes("{name: a}"),
    volumes("{name: a, emptyDir: {}, configMap: null}"),
    volumes("{name: a, emptyDir: {sizeLimit: 0}}"),
    volumes("{name: a, configMap: {name: b, defaultMode: 511}}"),
    "{securityContext: {runAsUser: 0, fsGroup: 2147483647}}",
    nodes("{matchExpressions: [{key: a, operator: Exists}]}"),
    "{dnsPolicy: None, dnsConfig: {nameservers: [10.0.0.1]}}",
    "{hostAliases: [{ip: 10.0.0.1, hostnames: [a]}, {ip: '2001:db8::1'}]}",
    "{securityContext: {sysctls: [{name: net.a, value: b}, {name: net.c, value: b}]}}",
    "{readinessGates: [{conditionType: example.org/Ready}]}",
    before("livenessProbe: null"),
    before(`restartPolicy: Always, livenessProbe: {${exec}}`),
    mount("subPath: a/..b/.c/"),
    mount('subPath: "", subPathExpr: a'),
    mount("recursiveReadOnly: Disabled"),
    mount("recursiveReadOnly: Enabled, readOnly: true, mountPropagation: None"),
    mount("mountPropagation: HostToContainer"),
    mount("").replace("mountPath: /v", "mountPath: '/v:w'"),
    mountPrivileged("mountPropagation: Bidirectional"),
    "{containers: [{name: main, ports: [{name: a, containerPort: 1}]}, {name: b, image: x, ports: [{name: a, containerPort: 2}]}]}",
  ],
  container: [
    "{livenessProbe: null}",
    `{livenessProbe: {${exec}, tcpSocket: null}}`,
    `{livenessProbe: {${exec}, timeoutSeconds: 0, periodSeconds: 0, successThreshold: 0, failureThreshold: 0, initialDelaySeconds: 0}}`,
    `{readinessProbe: {${exec}, successThreshold: 2}}`,
    `{livenessProbe: {${exec}, successThreshold: 1, terminationGracePeriodSeconds: 1}}`,
    `{livenessProbe: ${get(65_535)}}`,
    `{livenessProbe: ${get("a-1")}, ports: [{name: a-1, containerPort: 1}]}`,
    "{lifecycle: {preStop: {sleep: {seconds: 0}}}}",
    "{lifecycle: {preStop: {sleep: {seconds: 30}}}}",
    "{lifecycle: {}}",
    ports("{name: a, containerPort: 1}, {name: b, containerPort: 2, hostPort: 0}"),
    '{env: [{name: A, value: "", valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}',
    "{env: [{name: A, value: null, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}",
    "{resources: {requests: {cpu: 0}, limits: {memory: 0}}}",
    "{resources: {limits: {example.com/gpu: 2000m}}}",
    "{resources: {requests: {cpu: 1}, limits: {cpu: 2, memory: 1Gi, hugepages-2Mi: 2Mi}}}",
    '{resources: {limits: {memory: "-0"}}}',
  ],
  cronJob: [
    "{successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 0, startingDeadlineSeconds: 0}",
    "{timeZone: Europe/Berlin}",
    "{timeZone: UTC}",
    "{timeZone: Etc/GMT+5}",
    "{timeZone: US/Pacific}",
    "{timeZone: null}",
  ],
  job: ["{backoffLimit: 0, parallelism: 0, completions: 0, activeDeadlineSeconds: 0, ttlSecondsAfterFinished: 0}"],
  taskPod: ["{activeDeadlineSeconds: 1}"],
  service: [
    ports("{port: 80, targetPort: 0}"),
    ports('{port: 80, targetPort: ""}'),
    ports("{port: 80, targetPort: a-1}"),
    ports("{port: 80, nodePort: 0}"),
    "{healthCheckNodePort: 0, loadBalancerSourceRanges: []}",
    "{ipFamilyPolicy: SingleStack, ipFamilies: [IPv4]}",
    "{clusterIP: None}",
    "{clusterIP: None, clusterIPs: [None]}",
    "{sessionAffinity: None, sessionAffinityConfig: {clientIP: {timeoutSeconds: 10}}}",
  ],
  autoscaler: [
    "{minReplicas: 3}",
    "{minReplicas: null}",
    `{minReplicas: 0, metrics: [{type: External, external: {${queue}, target: {type: AverageValue, averageValue: 1}}}]}`,
    cpu("type: Utilization, averageUtilization: 150"),
    cpu("type: AverageValue, averageValue: 500m"),
    metric(
      "type: ContainerResource, containerResource: {name: cpu, container: main, target: {type: Utilization, averageUtilization: 80}}",
    ),
    metric(`type: Pods, pods: {${queue}, target: {type: AverageValue, averageValue: 1k}}`),
    metric(
      `type: Object, object: {${queue}, describedObject: {kind: Service, name: a}, target: {type: Value, value: 1, averageValue: 1}}`,
    ),
    "{behavior: {scaleUp: {selectPolicy: Disabled}, scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Percent, value: 100, periodSeconds: 1800}]}}}",
  ],
  budget: [
    "{minAvailable: 0}",
    '{minAvailable: "100%"}',
    '{maxUnavailable: "0%"}',
    "{maxUnavailable: 1, minAvailable: null, unhealthyPodEvictionPolicy: AlwaysAllow}",
  ],
};

export const templateCases: readonly TemplateCase[] = [...casesOf(refused, true), ...casesOf(taken, false)];

function casesOf(
  table: Readonly<Record<TemplateLevel, readonly string[]>>,
  isRefused: boolean,
): readonly TemplateCase[] {
  return Object.entries(table).flatMap(
    ([level, all]) => all.map((fields) => ({ level: level as TemplateLevel, fields, isRefused })), // a key of the table
  );
}

export type TemplateField =
  | "deploymentTemplate"
  | "cronJobTemplate"
  | "serviceTemplate"
  | "hpaTemplate"
  | "pdbTemplate";

/** The fields laid over the smallest template of the level: a class's, under the name of its field there. */
export function templateOf(
  { level }: TemplateCase,
  fields: Readonly<Record<string, unknown>>,
): { readonly field: TemplateField; readonly spec: object } {
  const over = (at: TemplateLevel): object => (at === level ? fields : {});
  const container = { name: "main", ...over("container") };
  const deployment = { template: { spec: { containers: [container], ...over("pod") } }, ...over("deployment") };
  const task = { restartPolicy: "Never", containers: [{ name: "main" }], ...over("taskPod") };
  const job = { template: { spec: task }, ...over("job") };
  switch (level) {
    case "deployment":
    case "pod":
    case "container":
      return { field: "deploymentTemplate", spec: deployment };
    case "cronJob":
    case "job":
    case "taskPod":
      return {
        field: "cronJobTemplate",
        spec: { schedule: "0 * * * *", jobTemplate: { spec: job }, ...over("cronJob") },
      };
    case "service":
      return { field: "serviceTemplate", spec: { ports: [{ port: 80 }], ...fields } };
    case "autoscaler":
      return { field: "hpaTemplate", spec: { maxReplicas: 3, ...fields } };
    case "budget":
      return { field: "pdbTemplate", spec: fields };
  }
}
