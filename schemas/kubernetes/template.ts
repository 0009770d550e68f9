/**
 * Schemas of class templates: the Kubernetes types that they stand for, in which an unknown field, a wrong type or a wrong
 * word is found before an API server sees it. What a Workload is laid over may be left out; everything else is required
 * where Kubernetes requires it.
 */
import { z } from "zod";
import { Cron } from "../cron.ts";
import { Name } from "../metadata.ts";
import { isEngineKey, withoutKeys } from "../reserved-keys.ts";
import { bounds } from "./bounds.ts";
import { Annotations, ContainerVariableName, Labels, PortName, PortNumber, TimeZone } from "./formats.ts";
import { Quantity } from "./quantity.ts";
import { type KubernetesField, kubernetesType } from "./type-table.ts";

/** Fields that the engine or the Workload sets. */
const laidOver: ReadonlyMap<string, readonly string[]> = new Map([
  ["DeploymentSpec", ["selector", "template"]],
  ["PodSpec", ["containers"]],
  ["CronJobSpec", ["jobTemplate"]],
  ["JobSpec", ["template"]],
  ["HorizontalPodAutoscalerSpec", ["scaleTargetRef"]],
]);

/** Fields whose form the server's description leaves out, and for which it refuses the whole object. */
const formats: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ...bounds,
  ["CronJobSpec.schedule", Cron],
  ["CronJobSpec.timeZone", TimeZone],
  ["ObjectMeta.labels", withoutKeys(Labels, isEngineKey)],
  ["ObjectMeta.annotations", withoutKeys(Annotations, isEngineKey)],
  ["PodSpec.nodeSelector", Labels],
  ["LabelSelector.matchLabels", Labels],
  ["EnvVar.name", ContainerVariableName],
  ["Container.name", Name],
  ["Volume.name", Name],
  ["ContainerPort.containerPort", PortNumber],
  ["ContainerPort.name", PortName],
  ["ServicePort.port", PortNumber],
  ["NodeSelector.nodeSelectorTerms", z.array(kubernetesTemplate("NodeSelectorTerm")).min(1)],
  ["ServicePort.name", Name],
]);

const built = new Map<string, z.ZodType>();

/** Throws TypeError for a type that is not in the table. */
export function kubernetesTemplate(name: string): z.ZodType<object> {
  return z.lazy(() => schemaOf(name)) as z.ZodType<object>; // every entry of the table is an object
}

function schemaOf(name: string): z.ZodType {
  const known = built.get(name);
  if (known !== undefined) return known;
  const { fields, required = [] } = kubernetesType(name);
  const open = laidOver.get(name) ?? [];
  const isRequired = (field: string): boolean => required.includes(field) && !open.includes(field);
  const schema = z.strictObject(
    Object.fromEntries(
      Object.entries(fields).map(([field, type]) => {
        const value = formats.get(`${name}.${field}`) ?? fieldSchema(type);
        return [field, isRequired(field) ? value : value.exactOptional()];
      }),
    ),
  );
  const described = schema.meta({ title: name });
  built.set(name, described);
  return described;
}

function fieldSchema(field: KubernetesField): z.ZodType {
  if (typeof field === "string") return scalarSchema(field);
  if ("enum" in field) return z.enum([...field.enum]);
  if ("list" in field) {
    const list = z.array(fieldSchema(field.list));
    return field.keys === undefined ? list : list.meta({ "x-kubernetes-list-map-keys": field.keys });
  }
  if ("map" in field) return z.record(z.string(), fieldSchema(field.map));
  return z.lazy(() => schemaOf(field.type));
}

function scalarSchema(field: Extract<KubernetesField, string>): z.ZodType {
  switch (field) {
    case "any":
      return z.unknown();
    case "base64":
      return z.base64();
    case "boolean":
      return z.boolean();
    case "date-time":
    case "string":
      return z.string();
    case "int32":
      return z.int32();
    case "int64":
      return z.int();
    case "integer or string":
      return IntegerOrString;
    case "number":
      return z.number();
    case "quantity":
      return Quantity;
  }
}

/** A number, a share such as `25%`, or the name of a port (Kubernetes, "IntOrString"). */
const IntegerOrString = z
  .unknown()
  .refine((value) => typeof value === "string" || (typeof value === "number" && Number.isInteger(value)), {
    error: "must be a whole number or a text",
  })
  .meta({ anyOf: [{ type: "integer" }, { type: "string" }] });
