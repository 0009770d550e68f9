/** Specs of a small platform under an organization of a test's own, so that tests share a cluster without meeting. */

export type SmallComponent = {
  readonly name: string;
  readonly image: string;
  readonly connectsTo?: string;
  /** Default `shop`. */
  readonly project?: string;
};

/** Files of organization, plane `main`, environment `development` two projects and a class. */
export function smallPlatform(organization: string): ReadonlyMap<string, string> {
  const header = (kind: string, name: string): string =>
    `apiVersion: openchoreo.dev/v1alpha1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${kind === "Organization" ? "" : `  namespace: ${organization}\n`}`;
  const environment = (name: string): string => `${header("Environment", name)}spec:\n  dataPlaneRef: main\n`;
  return new Map([
    ["platform/organization.yaml", header("Organization", organization)],
    [
      "platform/plane.yaml",
      `${header("DataPlane", "main")}spec:\n  gateway:\n    publicVirtualHost: ${organization}.example.test\n  networkPolicy: Kubernetes\n`,
    ],
    ["platform/environments.yaml", `${environment("development")}---\n${environment("staging")}`],
    [
      "platform/pipeline.yaml",
      `${header("DeploymentPipeline", "standard")}spec:\n  promotionPaths:\n    - sourceEnvironmentRef: development\n      targetEnvironmentRefs:\n        - name: staging\n`,
    ],
    ["platform/class.yaml", `${header("ServiceClass", "default")}spec:\n  deploymentTemplate:\n    replicas: 1\n`],
    ...["shop", "ops"].map((project): [string, string] => [
      `${project}/project.yaml`,
      `${header("Project", project)}spec:\n  deploymentPipelineRef: standard\n`,
    ]),
  ]);
}

export function componentPath(name: string, project = "shop"): string {
  return `${project}/${name}.yaml`;
}

/** Component, Workload and Service in one file. */
export function componentFile(
  organization: string,
  { name, image, connectsTo, project = "shop" }: SmallComponent,
): string {
  const owner = `    projectName: ${project}\n    componentName: ${name}\n`;
  const metadata = `metadata:\n  name: ${name}\n  namespace: ${organization}\n`;
  const connections =
    connectsTo === undefined
      ? ""
      : `  connections:\n    peer:\n      type: api\n      params:\n        componentName: ${connectsTo}\n        endpoint: api\n      inject:\n        env:\n          - name: PEER\n            value: "{{ .host }}:{{ .port }}"\n`;
  return `apiVersion: openchoreo.dev/v1alpha1
kind: Component
${metadata}spec:
  owner:
    projectName: ${project}
  type: Service
---
apiVersion: openchoreo.dev/v1alpha1
kind: Workload
${metadata}spec:
  owner:
${owner}  containers:
    main:
      image: ${image}
  endpoints:
    api:
      type: HTTP
      port: 8080
${connections}---
apiVersion: openchoreo.dev/v1alpha1
kind: Service
${metadata}spec:
  owner:
${owner}  workloadName: ${name}
`;
}
