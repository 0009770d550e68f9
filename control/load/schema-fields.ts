/** What a schema says of one level of a document: which fields it has. Walks any zod schema, so a new kind needs nothing here. */
import { z } from "zod";

type Schema = z.core.$ZodType;
export type Path = readonly PropertyKey[];

/** Wrappers and unions around one value; more is a schema that leads to itself. */
const foldLimit = 50;

/** The schemas that a value at the path would be checked by; none where the path leads nowhere. */
export function schemasAt(root: Schema, path: Path): readonly Schema[] {
  let level = unfold([root]);
  for (const key of path) level = unfold(level.flatMap((schema) => childOf(schema, key)));
  return level;
}

/** Names of the fields at the path, in the schema's order; of all alternatives where there are several. */
export function fieldsAt(root: Schema, path: Path): readonly string[] {
  const shapes = schemasAt(root, path).flatMap((schema) => (schema instanceof z.ZodObject ? [schema.shape] : []));
  return [...new Set(shapes.flatMap((shape) => Object.keys(shape)))];
}

/** Whether the value at the path is a map whose fields are listed, and this is none of them. */
export function isUnknownField(root: Schema, path: Path, field: string): boolean {
  const schemas = schemasAt(root, path);
  return schemas.length > 0 && schemas.every((schema) => isClosed(schema) && !Object.hasOwn(schema.shape, field));
}

function isClosed(schema: Schema): schema is z.ZodObject {
  return schema instanceof z.ZodObject && schema.def.catchall instanceof z.ZodNever;
}

function childOf(schema: Schema, key: PropertyKey): readonly Schema[] {
  if (schema instanceof z.ZodObject) {
    const shape: Readonly<Record<string, Schema>> = schema.shape;
    const field = Object.hasOwn(shape, key) ? shape[String(key)] : undefined;
    return field === undefined ? [] : [field];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodArray) return [schema.element];
  return [];
}

/** The schemas without what only wraps them: defaults, optionals, lazies, alternatives. */
function unfold(schemas: readonly Schema[]): readonly Schema[] {
  const plain: Schema[] = [];
  const rest = [...schemas].reverse();
  for (let count = 0; rest.length > 0 && count < foldLimit; count += 1) {
    const schema = rest.pop();
    if (schema === undefined) break;
    const inner = innerOf(schema);
    if (inner === undefined) plain.push(schema);
    else rest.push(...[...inner].reverse());
  }
  return plain;
}

function innerOf(schema: Schema): readonly Schema[] | undefined {
  if (schema instanceof z.ZodUnion) return schema.options;
  if (schema instanceof z.ZodIntersection) return [schema.def.left, schema.def.right];
  if (schema instanceof z.ZodPipe) return [schema.in];
  if (schema instanceof z.ZodLazy || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return [schema.unwrap()];
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  )
    return [schema.unwrap()];
  return undefined;
}
