import { expect, test } from "vitest";
import { doc, endpointOf, owner, renderFilesOf, service, surroundings } from "./specs-fixture.contract.ts";

const platform = surroundings.join("---\n");
const [component = "", workload = "", claim = ""] = service("cart");
const cart = service("cart").join("---\n");
const platformWith = (kind: string, text: string): string =>
  surroundings.map((one) => (one.includes(`kind: ${kind}\n`) ? text : one)).join("---\n");
const connected = service("cart", {
  workload:
    "  connections:\n    up:\n      type: api\n      params: {componentName: up, endpoint: api}\n      inject:\n        env: [{name: UP, value: '{{ .host }}'}]\n",
}).join("---\n");
const reading = (valueFrom: string): string =>
  service("cart", {
    workload: `  containers: {main: {image: a, env: [{key: A, valueFrom: ${valueFrom}}]}}\n`,
  }).join("---\n");
const misspelt = (text: string): string => text.replace("spec:", "spc:");

test.for([
  {
    when: "its class is not there",
    files: { "p.yaml": platform, "cart.yaml": service("cart", { claim: "  className: fast\n" }).join("---\n") },
    says: "it cannot be rendered: unknown-class in cart.yaml:31",
  },
  {
    when: "its class has a Problem",
    files: {
      "p.yaml": platformWith("ServiceClass", ""),
      "c.yaml": doc("ServiceClass", "default", "  x: 1"),
      "cart.yaml": cart,
    },
    says: "it cannot be rendered: schema in c.yaml:6",
  },
  {
    when: "its environment is on a plane that is not there",
    files: { "p.yaml": platformWith("DataPlane", doc("DataPlane", "us", "")), "cart.yaml": cart },
    says: "it cannot be rendered: unknown-plane in p.yaml:18",
  },
  {
    when: "a secret that it reads has a Problem",
    files: {
      "p.yaml": platformWith("DataPlane", doc("DataPlane", "eu", "  secretStoreRef: {name: vault}")),
      "s.yaml": doc("SecretReference", "db", "  data: [{secretKey: a, remoteRef: {}}]"),
      "cart.yaml": reading("{secretRef: {name: db, key: a}}"),
    },
    says: "it cannot be rendered: schema in s.yaml:6",
  },
  {
    when: "a secret that it reads is none that a cluster would take",
    files: {
      "p.yaml": platformWith("DataPlane", doc("DataPlane", "eu", "  secretStoreRef: {name: vault}")),
      "s.yaml": doc(
        "SecretReference",
        "db",
        "  template: {type: kubernetes.io/tls}\n  data: [{secretKey: a, remoteRef: {key: b}}]",
      ),
      "cart.yaml": reading("{secretRef: {name: db, key: a}}"),
    },
    says: "it cannot be rendered: unsupported-secret in s.yaml:6",
  },
  {
    when: "a group of values that it reads has a Problem",
    files: {
      "p.yaml": platform,
      "g.yaml": doc("ConfigurationGroup", "log", "  configurations: [{key: a, values: {}}]"),
      "cart.yaml": reading("{configurationGroupRef: {name: log, key: a}}"),
    },
    says: "it cannot be rendered: schema in g.yaml:6",
  },
  {
    when: "a whole group that it reads has a Problem",
    files: {
      "p.yaml": platform,
      "g.yaml": doc("ConfigurationGroup", "log", "  configurations: [{key: a, values: {}}]"),
      "cart.yaml": service("cart", {
        workload: "  containers: {main: {image: a, envFrom: [{configurationGroupRef: {name: log}}]}}\n",
      }).join("---\n"),
    },
    says: "it cannot be rendered: schema in g.yaml:6",
  },
  {
    when: "what its API's class checks callers with is not there",
    files: {
      "p.yaml": platformWith(
        "DataPlane",
        doc("DataPlane", "eu", "  gateway: {publicVirtualHost: apps.example}\n  secretStoreRef: {name: vault}"),
      ),
      "a.yaml": doc(
        "APIClass",
        "guarded",
        "  restPolicy: {defaults: {authentication: {type: apikey, apikey: {header: K, secretRef: {name: keys}}}}}",
      ),
      "cart.yaml": service("cart", {
        workload: endpointOf("api", "REST", 80),
        claim: "  apis: {api: {type: REST, className: guarded, exposeLevels: [Public]}}\n",
      }).join("---\n"),
    },
    says: "it cannot be rendered: unknown-secret in a.yaml:6",
  },
  {
    when: "what its plane's pods pull images with is not there",
    files: {
      "p.yaml": platformWith(
        "DataPlane",
        doc("DataPlane", "eu", "  secretStoreRef: {name: vault}\n  imagePullSecretRefs: [registry]"),
      ),
      "cart.yaml": cart,
    },
    says: "it cannot be rendered: unknown-secret in p.yaml:12",
  },
  {
    when: "its component has two claims",
    files: {
      "p.yaml": platform,
      "cart.yaml": cart,
      "more.yaml": claim.replace("name: cart\nspec", "name: other\nspec"),
    },
    says: "it has 2 claims, in cart.yaml:22 and more.yaml:1, and needs one",
  },
  {
    when: "its claim is of another type",
    files: {
      "p.yaml": platform,
      "a.yaml": component.replace("type: Service", "type: WebApplication"),
      "b.yaml": workload,
      "c.yaml": claim,
    },
    says: "its Component is a WebApplication and its claim in c.yaml:1 a Service",
  },
  {
    when: "its Workload is not there",
    files: { "p.yaml": platform, "a.yaml": component, "c.yaml": claim },
    says: "there is no usable Workload cart, which its claim in c.yaml:1 names",
  },
  {
    when: "its Workload has a Problem",
    files: { "p.yaml": platform, "a.yaml": component, "b.yaml": workload.replace("image", "imge"), "c.yaml": claim },
    says: "there is no usable Workload cart, which its claim in c.yaml:1 names: schema in b.yaml:11",
  },
  {
    when: "its claim has a Problem",
    files: { "p.yaml": platform, "a.yaml": component, "b.yaml": workload, "c.yaml": misspelt(claim) },
    says: "c.yaml may hold its claim and cannot be used: schema in c.yaml:5",
  },
  {
    when: "its Binding there has a Problem",
    files: {
      "p.yaml": platform,
      "cart.yaml": cart,
      "b.yaml": doc("ServiceBinding", "cart-dev", `${owner("cart")}  environment: dev\n  workloadSpec: {}`),
    },
    says: "b.yaml may hold its Binding and cannot be used: schema in b.yaml:10",
  },
  {
    when: "its project is not there",
    files: { "p.yaml": platformWith("Project", ""), "cart.yaml": cart },
    says: "there is no usable Project shop, which cart.yaml:1 names",
  },
  {
    when: "its project's pipeline is not there",
    files: { "p.yaml": platformWith("DeploymentPipeline", ""), "cart.yaml": cart },
    says: "there is no usable DeploymentPipeline line, which p.yaml:52 names",
  },
  {
    when: "its project's pipeline has a Problem",
    files: {
      "p.yaml": platformWith("DeploymentPipeline", ""),
      "line.yaml": doc(
        "DeploymentPipeline",
        "line",
        "  promotionPaths:\n    - sourceEnvironmentRef: qa\n      targetEnvironmentRefs: []",
      ),
      "cart.yaml": cart,
    },
    says: "DeploymentPipeline line in line.yaml:1 cannot be followed: unknown-environment in line.yaml:7",
  },
  {
    when: "what it connects to has a Problem",
    files: {
      "p.yaml": platform,
      "cart.yaml": connected,
      "up.yaml": service("up", { workload: endpointOf("api", "REST", 80) })
        .map((text) => text.replace("image", "imge"))
        .join("---\n"),
    },
    says: "it connects to up, and there is no usable Workload up, which its claim in up.yaml:26 names: schema in up.yaml:20",
  },
  {
    when: "auto-deploy is off and nobody placed it",
    files: {
      "p.yaml": platform.replace("  promotionPaths", "  autoDeploy: false\n  promotionPaths"),
      "cart.yaml": cart,
    },
    says: "auto-deploy is off and no Binding places it here",
  },
])("a Release stays and names the cause when $when", async ({ files, says }) => {
  const rendered = await renderFilesOf(new Map(Object.entries(files)));
  const key = { organization: "default", project: "shop", component: "cart", environment: "dev" };
  expect(rendered.undecided.reasonFor(key)).toBe(says);
});
