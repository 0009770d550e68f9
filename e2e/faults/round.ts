/** The change that kill tests make again and again: an image, a component that comes, another that goes. */
import { callerPolicyName, cellNamespace, cellObjectName } from "../../schemas/names.ts";
import { componentFile, componentPath, smallPlatform } from "../platform/small-specs.ts";
import type { SpecsCheckout } from "../platform/specs-checkout.ts";

export class Rounds {
  readonly #specs: SpecsCheckout;
  readonly #organization: string;
  #round = 0;

  constructor(specs: SpecsCheckout, organization: string) {
    this.#specs = specs;
    this.#organization = organization;
  }

  /** Commits the platform, a component that nobody touches, and the first round. */
  async begin(): Promise<string> {
    for (const [path, text] of smallPlatform(this.#organization)) await this.#specs.write(path, text);
    await this.#write({ name: "keeper", image: "example.test/keeper:1", project: "ops" });
    return this.next();
  }

  /** Commits one more round and answers the commit's oid. */
  async next(): Promise<string> {
    this.#round += 1;
    await this.#write({ name: "api", image: this.image, connectsTo: this.#present });
    await this.#write({ name: this.#present, image: "example.test/side:1" });
    if (this.#round > 1) await this.#specs.remove(componentPath(this.#absent));
    return this.#specs.commit(`Round ${this.#round}`);
  }

  get image(): string {
    return `example.test/api:${this.#round}`;
  }

  /** Ids of all objects that the present round stands for, sorted. */
  get objectIds(): readonly string[] {
    const partsOf = (project: string) => ({ organization: this.#organization, project, environment: "development" });
    const cell = (project: string): string => cellNamespace(partsOf(project));
    const component = (name: string) => ({ ...partsOf("shop"), component: name });
    const policies = [
      ...["shop", "ops"].map((project) => `${cell(project)}/${cellObjectName(partsOf(project))}`),
      `${cell("shop")}/api`,
      `${cell("shop")}/${callerPolicyName(component("api"), component(this.#present), "8080-tcp")}`,
    ].map((name) => `networking.k8s.io/NetworkPolicy/${name}`);
    const names = [`${cell("shop")}/api`, `${cell("shop")}/${this.#present}`, `${cell("ops")}/keeper`];
    const namespaces = [cell("shop"), cell("ops")].map((name) => `Namespace/${name}`);
    return [
      ...namespaces,
      ...policies,
      ...names.flatMap((name) => [`Service/${name}`, `apps/Deployment/${name}`]),
    ].toSorted();
  }

  get #present(): string {
    return this.#round % 2 === 0 ? "even" : "odd";
  }

  get #absent(): string {
    return this.#round % 2 === 0 ? "odd" : "even";
  }

  async #write(component: Parameters<typeof componentFile>[1]): Promise<void> {
    const path = componentPath(component.name, component.project);
    await this.#specs.write(path, componentFile(this.#organization, component));
  }
}
