import { RedisHa } from "../../components/index.ts";

const cache = new RedisHa("cache", {
  settings: { images: "local", size: "dev", docker: { subnet: "10.63.81.0/24" } },
});

export const environment = cache.environment;
