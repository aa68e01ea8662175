import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { passwordInUse } from "../../components/passwordInUse.ts";
import { type Declaration, declared, named, secret } from "./program.ts";
import { password, sampleSet, secretPassword } from "./sampleSet.ts";

test("is noted as a secret, and a change of it first goes to the nodes that run", async () => {
  expect(named(await declarePassword(), "owner-in-use")).toMatchObject({
    type: "pulumi:index:Stash",
    parent: "test:index:Owner owner",
    inputs: { input: secret(password) },
    ignoreChanges: [],
    additionalSecretOutputs: ["output"],
    hooks: ["beforeUpdate owner-in-use-change"],
  });
});

test("is given out as a secret, and what is made with it comes after that", async () => {
  const program = await declarePassword();
  expect(program.outputs).toEqual({ password: secret(password) });
  expect(named(program, "user").dependencies).toEqual(["owner-in-use"]);
});

class Owner extends pulumi.ComponentResource {
  readonly password: pulumi.Output<string>;

  constructor() {
    super("test:index:Owner", "owner");
    this.password = passwordInUse("owner-in-use", sampleSet(), secretPassword(), this);
    this.registerOutputs({});
  }
}

class User extends pulumi.CustomResource {
  constructor(given: pulumi.Output<string>) {
    super("test:index:User", "user", { given });
  }
}

function declarePassword(): Promise<Declaration> {
  return declared(() => {
    const owner = new Owner();
    new User(owner.password);
    return { password: owner.password };
  });
}
