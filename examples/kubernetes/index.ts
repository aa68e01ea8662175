import { RedisHa } from "../../components/index.ts";

const sessions = new RedisHa("sessions", {
  settings: {
    target: "kubernetes",
    replicas: 2,
    size: "recommended",
    gateway: { count: 2 },
    kubernetes: { spread: { nodes: "required" }, monitors: { enabled: true } },
  },
});

export const environment = sessions.environment;
