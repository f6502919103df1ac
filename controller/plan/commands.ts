import type { CatalogCommand } from '../manifest/catalog.ts';
import type { CommandRecord } from '../run/run.ts';
import { frozen } from './frozen.ts';
import type { Planning } from './planning.ts';

/** Commands are recorded as they are; recording one runs nothing. */
export function planCommands({ catalog, known, plan }: Planning): void {
  for (const command of catalog.commands.values()) {
    const record = known.commands.get(command.name);
    if (record === undefined || !saysTheSame(record, command)) {
      plan.steps.push({
        do: 'recordCommand',
        record: recordOf(command, catalog.commit),
        script: command.spec.script,
      });
    }
  }
  if (known.commands.size === catalog.commands.size) return;
  for (const record of known.commands.values()) {
    const present = catalog.commands.has(record.name) || catalog.broken.commands.has(record.name);
    if (!present && !frozen(record.path, catalog))
      plan.steps.push({ do: 'forgetCommand', name: record.name });
  }
}

function recordOf({ name, place, spec }: CatalogCommand, commit: string): CommandRecord {
  return {
    name,
    path: place.file,
    line: place.line,
    commit,
    type: spec.type,
    scriptDigest: spec.scriptDigest,
    ...(spec.description !== undefined && { description: spec.description }),
    parameters: spec.parameters,
    timeoutSeconds: spec.timeoutSeconds,
  };
}

/** Compared field by field and cheapest first: this runs for every Command of every pass. */
function saysTheSame(record: CommandRecord, { place, spec }: CatalogCommand): boolean {
  return (
    record.scriptDigest === spec.scriptDigest &&
    record.path === place.file &&
    record.line === place.line &&
    record.type === spec.type &&
    record.timeoutSeconds === spec.timeoutSeconds &&
    record.description === spec.description &&
    sameParameters(record.parameters, spec.parameters)
  );
}

function sameParameters(a: CommandRecord['parameters'], b: CommandRecord['parameters']): boolean {
  return a === b || (a.length === b.length && (a.length === 0 || JSON.stringify(a) === JSON.stringify(b)));
}
