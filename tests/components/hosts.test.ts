import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { DockerHost } from "../../hosts/docker/host.ts";
import { KubernetesHost } from "../../hosts/kubernetes/host.ts";
import type { Host, Workload } from "../../hosts/workload.ts";
import { imageFor } from "../../images/catalog.ts";
import { Part, upstream, workload } from "../support/components/onDocker.ts";
import { upstreamKubernetes } from "../support/components/onKubernetes.ts";
import { type Declaration, declared, named, plainTexts } from "../support/components/program.ts";

/** Behaviour that workloads have on every host. */
describe.each<{ where: string; host: () => Host }>([
  { where: "on Docker", host: () => new DockerHost("place", upstream) },
  { where: "on Kubernetes", host: () => new KubernetesHost("place", upstreamKubernetes) },
])("a workload $where", ({ host }) => {
  test("is a child of the declaring component, and its resource names begin with that component's name", async () => {
    const program = await declare(host, [workload]);
    expect(named(program, "part-web-0").parent).toBe("test:index:Part part");
  });

  test("depends on the workloads that it is declared after, also if they are passed as a promise", async () => {
    const program = await declared(() => {
      const place = host();
      const parent = new Part("part");
      const first = place.run(workload(), { name: "part", parent, after: [] });
      place.run(another(), { name: "part", parent, after: Promise.resolve([first.resource]) });
    });
    expect(named(program, "part-web-1").dependencies).toContain("part-web-0");
  });

  test("runs the pinned image of its part with its command, its files and its size", async () => {
    const text = JSON.stringify((await declare(host, [workload])).resources);
    for (const wanted of [
      imageFor("redis", "upstream").reference,
      "serve",
      "--port",
      "colour blue",
      "10.41.0.10",
      "two words",
    ]) {
      expect(text).toContain(wanted);
    }
  });

  test("keeps the contents of its secret files secret even if the program passes them as plain outputs", async () => {
    const careless = () => ({ ...workload(), secretFiles: { "/etc/web-secrets/key": pulumi.output("swordfish") } });
    const { resources } = await declare(host, [careless]);
    expect(plainTexts(resources).filter((text) => text.includes("swordfish"))).toEqual([]);
    expect(JSON.stringify(resources)).toContain("swordfish");
  });

  test("has resources with unique names", async () => {
    const { resources } = await declare(host, [workload, another]);
    const identities = resources.map(({ type, name }) => `${type} ${name}`);
    expect(new Set(identities).size).toBe(identities.length);
  });

  test("has the identity of the state in all its resources", async () => {
    const { resources } = await declare(host, [workload, another]);
    const made = resources.filter(({ type }) => /^(kubernetes|docker):(?!.*:RemoteImage$)/.test(type));
    expect(made.length).toBeGreaterThan(4);
    expect(made.filter(({ inputs }) => !JSON.stringify(inputs).includes("0123456789abcdef"))).toEqual([]);
  });

  test("is returned with its name, its id and its resource", async () => {
    const program = await declared(() => {
      const { name, id, resource } = host().run(workload(), { name: "part", parent: new Part("part"), after: [] });
      return { name, id, resource: resource.urn };
    });
    expect(program.outputs).toEqual({
      name: "web-0",
      id: expect.any(String),
      resource: expect.stringMatching(/::part-web-0$/),
    });
  });
});

function declare(host: () => Host, workloads: readonly (() => Workload)[]): Promise<Declaration> {
  return declared(() => {
    const place = host();
    const parent = new Part("part");
    for (const made of workloads) {
      place.run(made(), { name: "part", parent, after: [] });
    }
  });
}

function another(): Workload {
  return { ...workload(), name: "web-1", address: "10.41.0.11" };
}
