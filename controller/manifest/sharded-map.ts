// An immutable map by name whose next version costs what changed: names are spread over shards, and only the
// shards with a change are copied. Copying a Map of 100,000 names would cost more than all the rest of a pass.

const shardCount = 1024;

export class ShardedMap<V> implements ReadonlyMap<string, V> {
  readonly size: number;
  readonly #shards: readonly (ReadonlyMap<string, V> | undefined)[];

  constructor(shards: readonly (ReadonlyMap<string, V> | undefined)[] = [], size = 0) {
    this.#shards = shards;
    this.size = size;
  }

  /** This map with these names set, or removed where the value is undefined. The same map if nothing differs. */
  with(changes: ReadonlyMap<string, V | undefined>): ShardedMap<V> {
    const shards = Array.from({ length: shardCount }, (_, index) => this.#shards[index]);
    const fresh = new Map<number, Map<string, V>>();
    let size = this.size;
    for (const [name, value] of changes) {
      if (this.get(name) === value) continue;
      const index = shardOf(name);
      const shard = fresh.get(index) ?? new Map(shards[index]);
      fresh.set(index, shard);
      size -= shard.size;
      if (value === undefined) shard.delete(name);
      else shard.set(name, value);
      size += shard.size;
    }
    if (fresh.size === 0) return this;
    for (const [index, shard] of fresh) shards[index] = shard;
    return new ShardedMap(shards, size);
  }

  get(name: string): V | undefined {
    return this.#shards[shardOf(name)]?.get(name);
  }

  has(name: string): boolean {
    return this.#shards[shardOf(name)]?.has(name) ?? false;
  }

  *entries(): Generator<[string, V], undefined, unknown> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard;
    return undefined;
  }

  *keys(): Generator<string, undefined, unknown> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.keys();
    return undefined;
  }

  *values(): Generator<V, undefined, unknown> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.values();
    return undefined;
  }

  [Symbol.iterator](): Generator<[string, V], undefined, unknown> {
    return this.entries();
  }

  forEach(each: (value: V, name: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [name, value] of this) each(value, name, this);
  }
}

/** FNV-1a, folded to a shard. */
function shardOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (shardCount - 1);
}
