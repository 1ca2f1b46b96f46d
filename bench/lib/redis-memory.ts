import type { Redis } from "ioredis";

/** Bytes that Redis holds for its data. */
export async function redisMemory(redis: Redis | undefined): Promise<number> {
  const info = (await redis?.info("memory")) ?? "";
  return Number(/used_memory_dataset:(\d+)/.exec(info)?.[1] ?? 0);
}
