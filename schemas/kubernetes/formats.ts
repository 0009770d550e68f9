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

/** RFC 6335, as containers' ports are named. */
export const PortName = z
  .string()
  .max(15)
  .regex(/^([a-z0-9]+-)*[a-z0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*$/, {
    error: "must be at most 15 lower-case letters, digits and single dashes, with a letter among them",
  });

export const Labels = z.record(QualifiedName, LabelValue);
export const Annotations = z.record(AnnotationKey, z.string());

/** Since Kubernetes 1.34 any printable ASCII but `=`. */
export const ContainerVariableName = z
  .string()
  .regex(/^[\x20-\x3c\x3e-\x7e]+$/, { error: "must be printable ASCII without =" });

export const PortNumber = z.int().min(1).max(65535);

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
