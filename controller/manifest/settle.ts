// Which of the declared Commands and Invocations can be used, and why the others cannot: names that are declared
// twice, Commands beyond the quota, references to commands. Looks at the touched names only.
import { didYouMean } from '../../schemas/nearest.ts';
import { hasErrors, type Place, type Problem, problem } from '../../schemas/problem.ts';
import { quote } from '../../schemas/schema-findings.ts';
import { checkGiven, type Unit } from './bind-file.ts';
import type { CatalogCommand, CatalogInvocation } from './catalog.ts';
import { type CatalogIndex, setProblems, type Touched } from './catalog-index.ts';
import { commandQuota, quotaFaults } from './command-quota.ts';
import type { Limits } from './limits.ts';

/** Returns the names whose outcome may be another than before. */
export function settle(index: CatalogIndex, touched: Touched, limits: Limits): Touched {
  const quota = commandQuota(index, limits.commands);
  index.overQuota = quota.over;
  const commands = new Set([...touched.Command, ...quota.changed]);
  const changed = settleCommands(index, commands, limits);
  const invocations = new Set(touched.Invocation);
  for (const name of changed) {
    for (const unit of index.referrers.get(name) ?? []) invocations.add(unit.name);
    if (single(index.declared.Invocation.get(name))?.keeps) invocations.add(name);
  }
  const missed = settleInvocations(index, invocations, limits);
  return { Command: new Set([...commands, ...missed]), Invocation: invocations };
}

/** Returns the names whose outcome is another than before. */
function settleCommands(index: CatalogIndex, names: ReadonlySet<string>, limits: Limits): string[] {
  const changes = new Map<string, CatalogCommand | undefined>();
  const changed: string[] = [];
  for (const name of names) {
    const units = index.declared.Command.get(name);
    const isOver = index.overQuota.has(name);
    const object = isOver ? undefined : single(units)?.object;
    const command = object?.kind === 'Command' ? object : undefined;
    const isBroken = units !== undefined && command === undefined;
    setProblems(index, `Command ${name}`, [
      ...duplicates(units),
      ...(isOver ? quotaFaults(units, limits.commands) : []),
    ]);
    changes.set(name, command);
    if (index.commands.get(name) !== command || index.broken.commands.has(name) !== isBroken)
      changed.push(name);
    mark(index.broken.commands, name, isBroken);
  }
  index.commands = index.commands.with(changes);
  return changed;
}

/** Returns the names of the Commands that are missed now, or no longer. */
function settleInvocations(index: CatalogIndex, names: ReadonlySet<string>, limits: Limits): string[] {
  const changes = new Map<string, CatalogInvocation | undefined>();
  const missed: string[] = [];
  for (const name of names) {
    const units = index.declared.Invocation.get(name);
    const unit = single(units);
    const object = unit?.object;
    const invocation = object?.kind === 'Invocation' ? object : undefined;
    const ref = unit?.ref;
    const isLost = ref !== undefined && !index.commands.has(ref.name) && !index.broken.commands.has(ref.name);
    const before = index.lostReferences.get(name);
    if (before !== undefined) missed.push(before.name);
    if (isLost) missed.push(ref.name);
    if (isLost) index.lostReferences.set(name, ref);
    else index.lostReferences.delete(name);
    const problems =
      unit === undefined
        ? duplicates(units)
        : ref === undefined || isLost || invocation === undefined
          ? []
          : referenceFaults(index, ref, invocation, limits);
    // What is wrong with the Command that it keeps is wrong with it, and is told there.
    const keepsBroken = unit?.keeps === true && index.broken.commands.has(name);
    const usable = hasErrors(problems) || isLost || keepsBroken ? undefined : invocation;
    setProblems(index, `Invocation ${name}`, problems);
    changes.set(name, usable);
    mark(index.broken.invocations, name, units !== undefined && usable === undefined);
  }
  index.invocations = index.invocations.with(changes);
  return missed;
}

function single(units: ReadonlySet<Unit> | undefined): Unit | undefined {
  if (units?.size !== 1) return undefined;
  const [unit] = units;
  return unit;
}

function mark(names: Set<string>, name: string, isIn: boolean): void {
  if (isIn) names.add(name);
  else names.delete(name);
}

/** A problem at each place of a name that is declared more than once; each says where the others are. */
function duplicates(units: ReadonlySet<Unit> | undefined): Problem[] {
  if (units === undefined || units.size < 2) return [];
  // Two Invocations of one name say so themselves.
  if ([...units].every(({ kept }) => kept)) return [];
  const all = [...units].map((unit) => ({
    unit,
    at: `${unit.place.file}:${unit.place.line}:${unit.place.column}`,
  }));
  return all.map(({ unit, at }) => {
    const others = all.filter((each) => each.at !== at).map((each) => each.at);
    const more = others.length > 3 ? ` and ${others.length - 3} more` : '';
    const where = others.sort().slice(0, 3).join(', ') + more;
    const what = `the ${unit.kind} ${quote(unit.name)} is also declared at ${where}`;
    return problem('DuplicateName', unit.place, what);
  });
}

/** What is wrong with a reference to a command that exists. */
function referenceFaults(
  index: CatalogIndex,
  { name, place }: { name: string; place: Place },
  invocation: CatalogInvocation,
  limits: Limits,
): Problem[] {
  const command = index.commands.get(name);
  if (command !== undefined) return checkGiven(command.spec, invocation, limits.command, limits);
  const what = `the Command ${quote(name)} has problems of its own, so this Invocation cannot be checked`;
  return [problem('BrokenCommand', place, what)];
}

/** The problem of each reference that leads nowhere, also of an Invocation that is wrong besides. */
export function lostReferenceProblems({ lostReferences, commands, broken }: CatalogIndex): Problem[] {
  // Names are compared only where there are few enough to make a suggestion worth its time.
  const isFew = lostReferences.size * (commands.size + broken.commands.size) <= 100_000;
  const names = isFew ? [...commands.keys(), ...broken.commands].sort() : [];
  return [...lostReferences.values()].map(({ name, place }) => {
    const finding = { what: 'there is no Command of this name', found: quote(name) };
    return problem('UnknownCommand', place, finding, didYouMean(name, names));
  });
}

/** Commands that an Invocation refers to and that are not there. */
export function missingCommands({ lostReferences }: CatalogIndex): string[] {
  return [...lostReferences.values()].map(({ name }) => name);
}
