import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { keptIdentity } from "../../../components/parts/keptIdentity.ts";
import { type Declaration, declared, named } from "../../support/components/program.ts";

class Owner extends pulumi.ComponentResource {
  readonly identity: pulumi.Output<string>;

  constructor() {
    super("test:index:Owner", "owner");
    this.identity = keptIdentity("owner-identity", this);
    this.registerOutputs({});
  }
}

function identity(): Promise<Declaration> {
  return declared(() => ({ identity: new Owner().identity }));
}

test("the identity of a state is 128 random bits in plain text, and later updates keep it", async () => {
  const program = await identity();
  expect(named(program, "owner-identity")).toMatchObject({
    type: "pulumi:index:Stash",
    parent: "test:index:Owner owner",
    inputs: { input: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ignoreChanges: ["input"],
  });
  expect(program.outputs).toEqual({ identity: named(program, "owner-identity").inputs["input"] });
});

test("no two states have the same identity", async () => {
  const [first, second] = [await identity(), await identity()];
  expect(first.outputs).not.toEqual(second.outputs);
});
