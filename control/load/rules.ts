/** The engine's own rules by name: what sets the fields of a manifest that no line of the specs sets. */

export const rules = {
  "autoscaler-target": "An autoscaler scales the Deployment of its component.",
  "cell-bounds": "A cell has a ResourceQuota and a LimitRange where its settings ask for them.",
  "cell-scheduling": "What the settings of a cell say of where pods run is laid under the class's template.",
  "config-hash": "Pods are replaced when their files change, or where their secrets are kept.",
  connection: "The address of a connection's target, put into the variable's template.",
  "container-name": "Containers are named as the Workload names them, and meet the class's containers of that name.",
  "endpoint-port": "A container listens on the ports of the Workload's endpoints.",
  "file-mount": "A file is mounted alone, from the component's ConfigMap or from the Secret that holds it.",
  gateway: "A gateway has a listener for each thing that its plane says it listens to.",
  "gateway-hosts":
    "A certificate is for the hosts of environments below the virtual host of their plane, and for the domains of its organization.",
  "gateway-service": "gateway-internal is not reached from outside of the cluster unless its plane says so.",
  "gateway-routes":
    "A gateway takes routes from namespaces of planes that use it, of the organization that brings it and of those that it shares it with.",
  "network-policy":
    "Nothing reaches a cell or leaves it but what connections and exposed endpoints ask for, and the name servers.",
  "object-header": "What kind of object it is.",
  "object-identity": "Name, namespace, labels and annotation follow from whose object it is and where it goes.",
  "pod-selector": "Pods carry the owner's four labels and are selected by them; selectors cannot change later.",
  "pod-security":
    "The namespace of a cell takes pods that keep to baseline, unless its settings ask for another standard.",
  policy: "How a policy of the API's class is written for Envoy Gateway.",
  "policy-target": "A policy guards the route that it is named like.",
  "port-name": "A port is named ep-<port>-<protocol>, unless the class names it.",
  "port-protocol": "UDP for endpoints of type UDP, TCP for all others.",
  "release-state": "What the Binding's releaseState says.",
  route: "A route sends requests for its host and path to the component's Service.",
  "route-backend": "The Service behind a route is called like the component.",
  "route-gateway": "Public routes hang on gateway-external, routes of the organization on gateway-internal.",
  "route-path": "An API answers below /<organization>/<project>/<component>/<basePath>, a web application at /.",
  "secret-store": "An ExternalSecret has its Secret made of what the plane's ClusterSecretStore keeps.",
  "secret-type":
    "A Secret is Opaque, and one to pull images with a dockerconfigjson, unless its SecretReference says otherwise.",
  "service-ports": "A Service has the ports of the Workload's endpoints.",
  "service-type": "A Service is a ClusterIP.",
  "task-restart-policy":
    "Pods of a task are restarted on failure unless the class says otherwise; Jobs take no Always.",
  "volume-claim":
    "Storage that stays is a PersistentVolumeClaim of the component, ReadWriteOnce unless said otherwise.",
  "volume-name": "Volumes are named as the Workload names them, and meet the class's volumes of that name.",
  "volume-rollout":
    "Pods that hold storage of one node are ended before new ones start, unless the class says otherwise.",
  "workload-over-class": "The Workload is laid over the class's template by strategic merge.",
} as const;

export type RuleName = keyof typeof rules;
