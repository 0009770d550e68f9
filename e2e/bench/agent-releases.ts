/**
 * The Releases that agents are measured with, as other engines were: N apps of a ConfigMap, a ServiceAccount, a Service, a
 * Deployment and a NetworkPolicy each, spread over twenty namespaces that are there before. Pure.
 */
import { labelKeys, objectLabels } from "../../schemas/labels.ts";
import { type PlaneId, statePath } from "../../schemas/layout.ts";
import { type KubernetesObject, objectId, objectKey } from "../../schemas/object-id.ts";
import { writeStateYaml } from "../../schemas/state-yaml.ts";

export const objectsOfAnApp = 5;
export const namespaces = Array.from({ length: 20 }, (_, index) => `dp-acme-${String(index).padStart(2, "0")}`);

export type App = {
  /** Index; it says the name and the namespace. */
  readonly number: number;
  readonly tag: string;
};

export function nameOf({ number }: Pick<App, "number">): string {
  return `app-${String(number).padStart(5, "0")}`;
}

export function namespaceOf({ number }: Pick<App, "number">): string {
  return namespaces[number % namespaces.length] ?? "";
}

export function releasePath(app: Pick<App, "number">): string {
  return statePath({ kind: "release", project: namespaceOf(app), environment: "bench", component: nameOf(app) });
}

/** The text of the app's Release on the plane's branch. */
export function releaseText(plane: PlaneId, app: App): string {
  return writeStateYaml({
    apiVersion: "openchoreo.dev/v1alpha1",
    kind: "Release",
    metadata: { name: nameOf(app), namespace: plane.organization, labels: {} },
    spec: {
      owner: { projectName: namespaceOf(app), componentName: nameOf(app) },
      environmentName: "bench",
      resources: objectsOf(plane, app).map((object) => ({ id: objectId(objectKey(object)), object })),
    },
  });
}

/** In apply order. */
export function objectsOf(plane: PlaneId, app: App): readonly KubernetesObject[] {
  const [name, namespace] = [nameOf(app), namespaceOf(app)];
  const path = releasePath(app);
  const owner = { organization: plane.organization, project: namespace, component: name, environment: "bench" };
  const metadata = {
    name,
    namespace,
    labels: objectLabels(owner, { plane, path }),
    annotations: { "gitplane.dev/release": path },
  };
  const pods = { [labelKeys.component]: name };
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata,
      spec: {
        podSelector: { matchLabels: pods },
        policyTypes: ["Ingress"],
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: namespace } } }], ports: [{ port: 8080 }] }],
      },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { LOG_LEVEL: "info", "settings.json": `${JSON.stringify({ name, retries: 3, timeoutMs: 2500 })}\n` },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector: pods, ports: [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }] },
    },
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: deploymentSpec(pods, app) },
  ];
}

function deploymentSpec(pods: Readonly<Record<string, string>>, app: App): Readonly<Record<string, unknown>> {
  const name = nameOf(app);
  const probe = { httpGet: { path: "/healthz", port: 8080 }, periodSeconds: 10 };
  return {
    replicas: 2,
    selector: { matchLabels: pods },
    template: {
      metadata: { labels: pods },
      spec: {
        serviceAccountName: name,
        containers: [
          {
            name: "main",
            image: `registry.example.test/bench/${name}:${app.tag}`,
            ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
            env: [{ name: "NAMESPACE", value: namespaceOf(app) }],
            envFrom: [{ configMapRef: { name } }],
            readinessProbe: probe,
            livenessProbe: probe,
            resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } },
          },
        ],
      },
    },
  };
}
