import type { CompileOptions, Engine, Executable, Program } from './program.ts';

/** Compiled programs by key, the least recently used released beyond `capacity`. */
export interface ExecutableCache {
  get(key: string, make: () => Program, options?: CompileOptions): Promise<Executable>;
  release(): Promise<void>;
}

export function createExecutableCache(engine: Engine, capacity = 16): ExecutableCache {
  const entries = new Map<string, Promise<Executable>>();
  const drop = async (key: string) => {
    const entry = entries.get(key)!;
    entries.delete(key);
    await (await entry).release();
  };
  return {
    async get(key, make, options) {
      const known = entries.get(key);
      entries.delete(key);
      const entry = known ?? engine.compile(make(), options);
      entries.set(key, entry);
      if (entries.size > capacity) await drop(entries.keys().next().value!);
      return entry;
    },
    async release() {
      for (const key of [...entries.keys()]) await drop(key);
    },
  };
}
