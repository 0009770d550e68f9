/**
 * Whom the network policies of all cells of a plane have to let through, where it is not found as in most clusters: pods, a block
 * of addresses, or what Cilium has a word for (docs.cilium.io, "Entities Based").
 */
import { z } from "zod";
import { CidrBlock } from "./kubernetes/addresses.ts";
import { Labels, PortNumber } from "./kubernetes/formats.ts";
import { Name } from "./metadata.ts";

const peerLimit = 10;
const labelLimit = 20;

const entities = ["host", "remote-node", "ingress"] as const;

type Peer = {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly cidr?: string;
  readonly entity?: (typeof entities)[number];
};

/** `without` are the labels of pods that are named by their namespace alone. */
function fields(without: string) {
  return {
    namespace: Name.exactOptional().describe("The namespace of pods."),
    labels: Labels.refine((map) => Object.keys(map).length <= labelLimit, { error: `must be at most ${labelLimit}` })
      .meta({ maxProperties: labelLimit })
      .exactOptional()
      .describe(`Labels of the pods in it. ${without} when absent.`),
    cidr: CidrBlock.exactOptional().describe("A block of addresses, for what runs on no pod of the cluster's network."),
    entity: z
      .enum(entities)
      .exactOptional()
      .describe(
        "What only Cilium knows: host for what runs on the network of the pod's own node, remote-node for that of the others, ingress for Cilium's own gateways.",
      ),
  };
}

const oneKind = {
  oneOf: [{ required: ["namespace"] }, { required: ["cidr"] }, { required: ["entity"] }],
  "x-kubernetes-validations": [
    {
      rule: "(has(self.namespace) ? 1 : 0) + (has(self.cidr) ? 1 : 0) + (has(self.entity) ? 1 : 0) == 1",
      message: "needs a namespace, a cidr or an entity, and one of them",
    },
    {
      rule: "!has(self.labels) || has(self.namespace)",
      message: "has labels only beside a namespace",
      fieldPath: ".labels",
    },
  ],
};

function ofOneKind<Schema extends z.ZodType<Peer>>(schema: Schema) {
  return schema
    .refine(
      ({ namespace, cidr, entity }) => [namespace, cidr, entity].filter((one) => one !== undefined).length === 1,
      {
        error: "needs a namespace, a cidr or an entity, and one of them",
      },
    )
    .refine(({ labels, namespace }) => labels === undefined || namespace !== undefined, {
      error: "must stand beside a namespace",
      path: ["labels"],
    })
    .meta(oneKind);
}

const port = PortNumber.exactOptional().describe("The port that they listen on, after any Service. 53 when absent.");

export const NameServers = z
  .array(ofOneKind(z.strictObject({ ...fields("k8s-app: kube-dns"), port })))
  .min(1)
  .max(peerLimit);

export const GatewaySources = z
  .array(ofOneKind(z.strictObject(fields("Those that Envoy Gateway gives the pods of the gateway"))))
  .min(1)
  .max(peerLimit);
