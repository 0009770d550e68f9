/**
 * Texts that an API server refuses a whole object for: keys and values of labels, names of variables, ports and images
 * (k8s.io/apimachinery, util/validation; distribution/reference for images).
 */
import { z } from "zod";

const labelName = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";
const dnsPart = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";

/** A name of at most 63 characters, after a DNS name and a slash or alone ("Labels and Selectors"). */
export const QualifiedName = z
  .string()
  .max(253 + 1 + 63)
  .regex(new RegExp(`^(${dnsPart}(\\.${dnsPart})*/)?${labelName}$`), {
    error: "must be a key such as app or example.org/app, at most 63 characters after the slash",
  });

export const LabelValue = z.string().regex(new RegExp(`^(${labelName})?$`), {
  error: "must be at most 63 letters, digits, -, _ and ., starting and ending with a letter or digit",
});

/** Prefixes of annotations may have capitals: the server compares them in lower case. */
const AnnotationKey = z
  .string()
  .max(253 + 1 + 63)
  .regex(new RegExp(`^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?/)?${labelName}$`), {
    error: "must be a key such as note or example.org/note, at most 63 characters after the slash",
  });

const portName = /^([a-z0-9]+-)*[a-z0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** RFC 6335, as containers' ports are named. */
export const PortName = z.string().max(15).regex(portName, {
  error: "must be at most 15 lower-case letters, digits and single dashes, with a letter among them",
});

export const Labels = z.record(QualifiedName, LabelValue);
export const Annotations = z.record(AnnotationKey, z.string());

/** Since Kubernetes 1.34 any printable ASCII but `=`. */
export const ContainerVariableName = z
  .string()
  .regex(/^[\x20-\x3c\x3e-\x7e]+$/, { error: "must be printable ASCII without =" });

/** Kubernetes takes any printable ASCII but `=` in a variable's name; shells and people's documents take the portable set. */
export const VariableName = z
  .string()
  .regex(/^[A-Za-z_.-][A-Za-z0-9_.-]*$/, { error: "must be a name of letters, digits, _, - and ." });

/** A key of a Secret or a ConfigMap. */
export const DataKey = z
  .string()
  .max(253)
  .regex(/^\.?[A-Za-z0-9_-][A-Za-z0-9._-]*$/, { error: "must be a key of letters, digits, -, _ and ." });

/** Short enough that a key of a ConfigMap has room for the container's name too. */
export const FileName = z
  .string()
  .max(128)
  .regex(/^\.?[A-Za-z0-9_-][A-Za-z0-9._-]*$/, { error: "must be a file's name of letters, digits, -, _ and ." });

/** An absolute path without dot parts, written in one way only, so that equal folders are equal texts. */
export const FileFolder = z
  .string()
  .max(512)
  .regex(/^\/(\.?[A-Za-z0-9_-][A-Za-z0-9._-]*(\/\.?[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$/, {
    error: "must be a folder such as /etc/app, without a slash at its end",
  });

const step = "([^/.][^/]*|\\.|\\.[^/.][^/]*|\\.\\.[^/]+)";

/** A path within a volume: relative, and no part of it is two dots. */
export const DescendingPath = z.string().regex(new RegExp(`^(${step}(/${step}?)*)?$`), {
  error: "must be a path within the volume, such as data/index, without a slash at its start and without ..",
});

/** Name of an object that may have dots, such as a ClusterSecretStore (RFC 1123 subdomain). */
export const SubdomainName = z
  .string()
  .max(253)
  .regex(new RegExp(`^${dnsPart}(\\.${dnsPart})*$`), { error: "must be a name in lower case, such as vault" });

export const PortNumber = z.int().min(1).max(65535);

/** A port of a container by its number or its name. */
export const ContainerPortRef = z
  .unknown()
  .refine((value) => PortNumber.safeParse(value).success || PortName.safeParse(value).success, {
    error: "must be a port from 1 to 65535 or the name of a container's port",
  })
  .meta({
    anyOf: [
      { type: "integer", minimum: 1, maximum: 65_535 },
      { type: "string", maxLength: 15, pattern: portName.source },
    ],
  });

/** The same of a Service, where nothing (0 or "") is the Service's own port. */
export const TargetPort = z
  .unknown()
  .refine((value) => value === 0 || value === "" || ContainerPortRef.safeParse(value).success, {
    error: "must be a port from 1 to 65535 or the name of a container's port",
  })
  .meta({
    anyOf: [
      { type: "integer", minimum: 0, maximum: 65_535 },
      { type: "string", maxLength: 15, pattern: `^$|${portName.source}` },
    ],
  });

const zoneName = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/**
 * A zone by its name in the IANA database, as CronJobs take it. Node knows the database; offsets such as `+01:00`, which Node
 * takes too, start with no letter. Go reads the database's files, which stand in `posix` and `right` a second time.
 */
export const TimeZone = z
  .string()
  .max(100)
  .regex(zoneName, { error: "must be the name of a time zone, such as Europe/Berlin" })
  .refine((zone) => isTimeZone(zone.replace(/^(posix|right)\//, "")), {
    error: "is no time zone of the IANA database, such as Europe/Berlin",
  });

function isTimeZone(zone: string): boolean {
  if (zone === "Factory") return true; // in the database, for "nobody has chosen yet"; Node leaves it out
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const hostPart = "([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9])";
const host = `(${hostPart}(\\.${hostPart})*|\\[[0-9a-fA-F:]+\\])(:[0-9]{1,5})?`;
const pathPart = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*";
const tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const digest = "[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,128}";

/** `[registry[:port]/]name[:tag][@digest]`, names in lower case, no scheme. */
export const ImageReference = z
  .string()
  .max(512)
  .regex(new RegExp(`^(${host}/)?${pathPart}(/${pathPart})*(:${tag})?(@${digest})?$`), {
    error: "must be an image reference such as registry.example/team/app:1.2, in lower case and without https://",
  });
