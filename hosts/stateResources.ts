import { z } from "zod";

/** A resource in Pulumi's state. Secrets in its inputs are encrypted. */
export interface StatedResource {
  /** Such as `docker:index/volume:Volume`. */
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  /** The provider's id of the resource; empty for a component. */
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Parses the resources of a deployment, in the format of `pulumi stack export` and of the files of a backend. */
export const statedResources = z
  .object({
    resources: z
      .array(
        z.object({
          type: z.string(),
          urn: z.string(),
          id: z.string().default(""),
          inputs: z.record(z.string(), z.unknown()).default({}),
        }),
      )
      .nullish(),
  })
  .nullish()
  .transform((deployment): readonly StatedResource[] =>
    (deployment?.resources ?? []).map(({ urn, ...resource }) => ({
      ...resource,
      // `urn:pulumi:stack::project::type of parent$type::name`
      name: urn.split("::").slice(3).join("::"),
    })),
  );

/** The first input of the stash whose name ends with `end`; undefined if there is no such stash. */
export function stashed(resources: readonly StatedResource[], end: string): unknown {
  return resources.find(({ type, name }) => type === "pulumi:index:Stash" && name.endsWith(end))?.inputs["input"];
}

/** The identity of the state; undefined if the state is empty or was written by an earlier version. */
export function statedIdentity(resources: readonly StatedResource[]): string | undefined {
  const identity = stashed(resources, "-identity");
  return typeof identity === "string" ? identity : undefined;
}

/** The target of the recorded plan; undefined before the first plan is recorded, and so before anything is created. */
export function statedTarget(resources: readonly StatedResource[]): string | undefined {
  return recorded.safeParse(stashed(resources, "-deployment")).data?.topology.host.target;
}

const recorded = z.object({ topology: z.object({ host: z.object({ target: z.string() }) }) });

/** Returns true if a resource belongs to a provider, or is the provider itself. */
export function isOf(provider: "docker" | "kubernetes", { type }: StatedResource): boolean {
  return type.startsWith(`${provider}:`) || type === `pulumi:providers:${provider}`;
}

/** An input of the provider that created the resources; undefined if the provider used its default. */
export function providerInput(
  provider: "docker" | "kubernetes",
  resources: readonly StatedResource[],
  key: string,
): string | undefined {
  const value = resources.find(({ type }) => type === `pulumi:providers:${provider}`)?.inputs[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}
