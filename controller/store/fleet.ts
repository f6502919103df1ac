// The instances, by id and by name.
import type { Instance } from './port.ts';

export interface Fleet {
  readonly instances: ReadonlyMap<string, Instance>;
  /** Counts up whenever an instance comes or goes or its name or labels change. */
  version(): number;
  /** By id, else by name; of several with the name the one that enrolled last. */
  find(idOrName: string): Instance | undefined;
  put(instance: Instance): void;
  delete(id: string): void;
}

/** A fleet without instances. */
export function emptyFleet(): Fleet {
  const instances = new Map<string, Instance>();
  const idsByName = new Map<string, Set<string>>();
  let version = 0;

  function put(instance: Instance): void {
    const known = instances.get(instance.id);
    instances.set(instance.id, instance);
    if (known !== undefined && isSameTarget(known, instance)) return;
    version += 1;
    if (known !== undefined) forgetName(known);
    const ids = idsByName.get(instance.name) ?? new Set();
    idsByName.set(instance.name, ids.add(instance.id));
  }

  function forgetName({ id, name }: Instance): void {
    const ids = idsByName.get(name);
    ids?.delete(id);
    if (ids?.size === 0) idsByName.delete(name);
  }

  function findByName(name: string): Instance | undefined {
    let found: Instance | undefined;
    for (const id of idsByName.get(name) ?? []) {
      const instance = instances.get(id);
      if (instance !== undefined && (found === undefined || isEnrolledBefore(found, instance)))
        found = instance;
    }
    return found;
  }

  return {
    instances,
    version: () => version,
    find: (idOrName) => instances.get(idOrName) ?? findByName(idOrName),
    put,
    delete(id) {
      const known = instances.get(id);
      if (known === undefined) return;
      version += 1;
      instances.delete(id);
      forgetName(known);
    },
  };
}

/** Whether selectors and names mean the same instance before and after. */
function isSameTarget(a: Instance, b: Instance): boolean {
  return a.name === b.name && isSameMap(a.labels, b.labels) && isSameMap(a.ownLabels, b.ownLabels);
}

function isSameMap(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function isEnrolledBefore(a: Instance, b: Instance): boolean {
  return a.enrolledAt === b.enrolledAt ? a.id < b.id : a.enrolledAt < b.enrolledAt;
}
