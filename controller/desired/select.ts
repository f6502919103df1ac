import type { LabelRequirement, Selector } from '../../schemas/generated/invocation.ts';
import type { CatalogInvocation } from '../manifest/catalog.ts';

/** As much of an instance as targets can ask for. */
export interface Candidate {
  id: string;
  name: string;
  /** Given by the enrolment code; they win over the agent's own. */
  labels: Readonly<Record<string, string>>;
  ownLabels: Readonly<Record<string, string>>;
}

/** The instances of a controller, as targets see them. */
export interface Fleet {
  instances: ReadonlyMap<string, Candidate>;
  findInstance(idOrName: string): Candidate | undefined;
}

export interface Selection {
  /** Ids, sorted. */
  instances: string[];
  /** What the list names and nobody is. */
  unknown: string[];
}

/** Which instances the targets mean now: everything that is listed or that the selector matches. */
export function select(targets: CatalogInvocation['targets'], fleet: Fleet): Selection {
  const chosen = new Set<string>();
  const unknown: string[] = [];
  for (const idOrName of targets.instances ?? []) {
    const instance = fleet.findInstance(idOrName);
    if (instance === undefined) unknown.push(idOrName);
    else chosen.add(instance.id);
  }
  if (targets.selector !== undefined) {
    for (const instance of fleet.instances.values()) {
      if (matches(targets.selector, instance)) chosen.add(instance.id);
    }
  }
  return { instances: [...chosen].sort(), unknown };
}

/** Kubernetes' meaning: every requirement holds; {} matches all; NotIn also matches where the label is missing. */
function matches(selector: Selector, { labels, ownLabels }: Candidate): boolean {
  const valueOf = (key: string): string | undefined => ownValue(labels, key) ?? ownValue(ownLabels, key);
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => valueOf(key) === value) &&
    (selector.matchExpressions ?? []).every((requirement) => holds(requirement, valueOf(requirement.key)))
  );
}

/** Labels may be called as what every object has: constructor. */
function ownValue(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function holds({ operator, values = [] }: LabelRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
