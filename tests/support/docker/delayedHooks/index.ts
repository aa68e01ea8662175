// This import must be first, because hooks that are registered before it are not delayed.
import "./delays.ts";

export * from "../../../../index.ts";
