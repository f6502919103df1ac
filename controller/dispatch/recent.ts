/** The values that were used last, so many of them. */
export interface Recent<V> {
  get(key: string): V | undefined;
  keep(key: string, value: V): V;
}

export function makeRecent<V>(most: number): Recent<V> {
  // In the order of their last use.
  const values = new Map<string, V>();
  const recent: Recent<V> = {
    get(key) {
      const value = values.get(key);
      return value === undefined ? undefined : recent.keep(key, value);
    },
    keep(key, value) {
      values.delete(key);
      values.set(key, value);
      for (const oldest of values.keys()) {
        if (values.size <= most) break;
        values.delete(oldest);
      }
      return value;
    },
  };
  return recent;
}
