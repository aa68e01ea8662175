import { Config } from "@pulumi/pulumi";
import { RedisHa, type SettingsInput } from "../../components/index.ts";

/** What a stack sets differently: `pulumi config set --path settings.replicas 3`. */
const ofStack = new Config().getObject<SettingsInput>("settings");

const sessions = new RedisHa("sessions", {
  settings: {
    target: "kubernetes",
    replicas: 2,
    size: "recommended",
    gateway: { count: 2 },
    kubernetes: { spread: { nodes: "required" } },
    ...ofStack,
  },
});

export const environment = sessions.environment;
