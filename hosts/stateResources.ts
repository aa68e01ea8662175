import { z } from "zod";

/** A resource as Pulumi's state has it; secrets in its inputs are encrypted. */
export interface StatedResource {
  /** Such as `docker:index/volume:Volume`. */
  readonly type: string;
  /** Of the resource in the program. */
  readonly name: string;
  /** That the provider knows it by; empty for a component. */
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The resources of a deployment, as `pulumi stack export` and the files of a backend have it. */
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

/** What the stash with this end of its name was first given; undefined where there is none. */
export function stashed(resources: readonly StatedResource[], end: string): unknown {
  return resources.find(({ type, name }) => type === "pulumi:index:Stash" && name.endsWith(end))?.inputs["input"];
}

/** The identity of the state; undefined in a state that an earlier version wrote, and in an empty one. */
export function statedIdentity(resources: readonly StatedResource[]): string | undefined {
  const identity = stashed(resources, "-identity");
  return typeof identity === "string" ? identity : undefined;
}

/** The target of the plan that the state notes; undefined before it notes one, and so before anything is made. */
export function statedTarget(resources: readonly StatedResource[]): string | undefined {
  return noted.safeParse(stashed(resources, "-deployment")).data?.topology.host.target;
}

const noted = z.object({ topology: z.object({ host: z.object({ target: z.string() }) }) });

/** Whether a resource is of a provider, or is that provider. */
export function isOf(provider: "docker" | "kubernetes", { type }: StatedResource): boolean {
  return type.startsWith(`${provider}:`) || type === `pulumi:providers:${provider}`;
}

/** An input of the provider that the resources were made with; undefined where it is its default. */
export function providerInput(
  provider: "docker" | "kubernetes",
  resources: readonly StatedResource[],
  key: string,
): string | undefined {
  const value = resources.find(({ type }) => type === `pulumi:providers:${provider}`)?.inputs[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}
