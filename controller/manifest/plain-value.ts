// A YAML document → the plain value that JSON Schema is about. Refuses what has no place in a manifest: aliases,
// anchors, merge keys, tags, duplicate keys, keys that are not text. The value is complete all the same, so that
// the rest can be checked too.
import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, type ParsedNode } from 'yaml';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';
import { quote } from '../../schemas/schema-findings.ts';

/** From an offset to a place; the place may be widened to the node's first line. */
export type At = (range: readonly [number, number, ...number[]] | null | undefined) => Place;

interface Walk {
  at: At;
  problems: Problem[];
  anchors: Map<string, ParsedNode>;
  aliases: Set<string>;
}

/** The value and what is wrong with how it is written. */
export function plainValue(document: Document.Parsed, at: At): { value: unknown; problems: Problem[] } {
  const walk: Walk = { at, problems: [], anchors: new Map(), aliases: new Set() };
  for (const warning of document.warnings) {
    walk.problems.push(
      problem('YamlTag', at(warning.pos), `${tagOf(warning.message)} is no tag of YAML's core`),
    );
  }
  const value = valueOf(document.contents, walk);
  for (const [name, node] of walk.anchors) {
    if (!walk.aliases.has(name))
      walk.problems.push(problem('YamlAnchor', at(node.range), `the anchor &${name} stands here`));
  }
  return { value, problems: walk.problems };
}

function valueOf(node: ParsedNode | null, walk: Walk): unknown {
  if (node === null) return null;
  if (isAlias(node)) {
    walk.aliases.add(node.source);
    walk.problems.push(problem('YamlAlias', walk.at(node.range), `the alias *${node.source} stands here`));
    return undefined;
  }
  if (node.anchor !== undefined && node.anchor !== '') walk.anchors.set(node.anchor, node);
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item) => valueOf(item, walk));
  if (!isMap(node)) return null;
  const value: Record<string, unknown> = {};
  for (const pair of node.items) {
    const key = keyOf(pair, walk);
    if (key === undefined) continue;
    if (Object.hasOwn(value, key)) {
      const place = walk.at(pair.key.range);
      walk.problems.push(problem('YamlDuplicateKey', place, `the key ${quote(key)} stands here again`));
      continue;
    }
    // Not an assignment: the key may be __proto__.
    Object.defineProperty(value, key, {
      value: valueOf(pair.value, walk),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return value;
}

function keyOf({ key, value }: Pair<ParsedNode, ParsedNode | null>, walk: Walk): string | undefined {
  if (!isScalar(key) || typeof key.value !== 'string') {
    const found = isScalar(key) ? key.source : 'a collection';
    const hint = isScalar(key) && found !== '' ? `Put the key in quotes: "${found}".` : undefined;
    walk.problems.push(
      problem('YamlKeyNotText', walk.at(key.range), `a key is not text; found ${found}`, hint),
    );
    return undefined;
  }
  if (key.value === '<<' && key.type === 'PLAIN') {
    walk.problems.push(problem('YamlMergeKey', walk.at(key.range), 'a merge key (<<) stands here'));
    if (isAlias(value)) walk.aliases.add(value.source);
    return undefined;
  }
  return key.value;
}

function tagOf(message: string): string {
  return /(?:tag:? )(\S+)/.exec(message)?.[1] ?? 'this';
}
