/** The images that a Release runs: what people know a version by. */
import type { Release } from "../schemas/release.ts";

type PodTemplate = { readonly spec?: { readonly containers?: readonly { readonly image?: unknown }[] } };
/** As far as Deployments and CronJobs, which we rendered, have it; any other object has no such fields. */
type WithPods = {
  readonly spec?: {
    readonly template?: PodTemplate;
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplate } };
  };
};

/** Images of its containers, in the order of its objects, without the digest or tag being interpreted. */
export function imagesOf(release: Release): readonly string[] {
  return release.spec.resources.flatMap(({ object }) => {
    const { spec } = object as WithPods; // every field of it may be absent
    const pods = spec?.template ?? spec?.jobTemplate?.spec?.template;
    return (pods?.spec?.containers ?? []).map(({ image }) => String(image));
  });
}
