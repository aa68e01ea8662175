// In this order: hooks that are made before the delays are in place are not delayed.
import "./delays.ts";

export * from "../../../../index.ts";
