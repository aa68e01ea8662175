import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { passwordOrGenerated } from "../../../components/parts/passwordOrGenerated.ts";
import { type Declaration, declared, named, ofType, secret } from "../../support/components/program.ts";

/** A component that outputs its password. */
class Owner extends pulumi.ComponentResource {
  readonly password: pulumi.Output<string>;

  constructor(configured?: pulumi.Input<string>) {
    super("test:index:Owner", "owner");
    this.password = passwordOrGenerated("owner-password", configured, this);
    this.registerOutputs({});
  }
}

function passwordOf(configured?: pulumi.Input<string>): Promise<Declaration> {
  return declared(() => ({ password: new Owner(configured).password }));
}

describe("a configured password", () => {
  test.each([
    { form: "a text", configured: () => "from-the-stack-file" },
    { form: "an output", configured: () => pulumi.output("from-the-stack-file") },
  ])("that is $form becomes a secret output and is not stored in a stash", async ({ configured }) => {
    const program = await passwordOf(configured());
    expect(program.outputs).toEqual({ password: secret("from-the-stack-file") });
    expect(ofType(program, "pulumi:index:Stash")).toEqual([]);
  });
});

describe("a password that is not configured", () => {
  test("is generated and kept in a stash as a secret", async () => {
    const program = await passwordOf();
    const stash = named(program, "owner-password");
    expect(stash).toEqual({
      type: "pulumi:index:Stash",
      name: "owner-password",
      parent: "test:index:Owner owner",
      dependencies: [],
      inputs: { input: secret(expect.any(String)) },
      deleteBeforeReplace: false,
      replaceOnChanges: [],
      ignoreChanges: ["input"],
      additionalSecretOutputs: ["output"],
      hooks: [],
      outputs: undefined,
    });
    expect(program.outputs).toEqual({ password: stash.inputs["input"] });
  });

  test("has 32 characters that need no escaping in files and URLs", async () => {
    const stash = named(await passwordOf(), "owner-password");
    expect(stash.inputs).toEqual({ input: secret(expect.stringMatching(/^[A-Za-z0-9_-]{32}$/)) });
  });

  test("is different in every run", async () => {
    const offered = [await passwordOf(), await passwordOf()].map(({ outputs }) => JSON.stringify(outputs));
    expect(new Set(offered).size).toBe(2);
  });
});
