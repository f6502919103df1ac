import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Pair,
  type ParsedNode,
  type YAMLMap,
} from 'yaml';
import type { Place } from '../../schemas/problem.ts';
import type { Locate } from '../../schemas/schema-problems.ts';
import type { At } from './plain-value.ts';

/** Offsets → places of a text. `length` covers the first line of what stands there. */
export function placer(text: string, lines: LineCounter): At {
  return (range) => {
    const start = range?.[0] ?? 0;
    const { line, col } = lines.linePos(start);
    const next = lines.lineStarts[line];
    const end = Math.min(range?.[1] ?? start, next === undefined ? text.length : next - 1);
    return { file: '', line, column: col, length: Math.max(1, end - start) };
  };
}

/**
 * Paths of a document → places. A key is asked for at the root: its first key. A path that leads nowhere (a
 * missing or refused value): the last key that exists.
 */
export function locator(document: Document.Parsed, at: At): Locate {
  const pairOf = pairFinder();
  return (path, part) => {
    let node: ParsedNode | null = document.contents;
    let key: ParsedNode | null = firstKey(node);
    for (const segment of path) {
      if (isSeq(node)) {
        const item: ParsedNode | undefined = node.items[Number(segment)];
        if (item === undefined) break;
        node = item;
        key = firstKey(item);
        continue;
      }
      const pair = isMap(node) ? pairOf(node, segment) : undefined;
      if (pair === undefined) return at((key ?? document.contents)?.range);
      node = pair.value;
      key = pair.key;
    }
    // A value that is not there (`key:` and nothing) is shown by its key.
    const isThere = node !== null && node.range[0] < node.range[1];
    return at((part === 'value' && isThere ? node : key)?.range);
  };
}

/** Finds pairs by their keys, the first of each; a mapping is read through once, however often it is asked. */
function pairFinder() {
  const known = new WeakMap<YAMLMap.Parsed, Map<string, Pair<ParsedNode, ParsedNode | null>>>();
  return (map: YAMLMap.Parsed, key: string) => {
    let pairs = known.get(map);
    if (pairs === undefined) {
      pairs = new Map();
      for (const pair of map.items) {
        const name = isScalar(pair.key) ? pair.key.value : undefined;
        if (typeof name === 'string' && !pairs.has(name)) pairs.set(name, pair);
      }
      known.set(map, pairs);
    }
    return pairs.get(key);
  };
}

/** The first key of a mapping; for anything else the node itself. */
function firstKey(node: ParsedNode | null): ParsedNode | null {
  return (isMap(node) ? node.items[0]?.key : undefined) ?? node;
}

/** Where `raw` stands inside the value at `path`, as it is written; the value itself if it cannot be found. */
export function placeInside(
  document: Document.Parsed,
  text: string,
  at: At,
  path: readonly string[],
  raw: string,
): Place {
  let node: ParsedNode | null = document.contents;
  for (const segment of path) {
    if (isMap(node))
      node = node.items.find((each) => isScalar(each.key) && each.key.value === segment)?.value ?? null;
  }
  const start = node?.range[0] ?? 0;
  const found = text.indexOf(raw, start);
  return found < 0 || found >= (node?.range[1] ?? 0) ? at(node?.range) : at([found, found + raw.length]);
}

/** A character of a text that stands at `place`. One that is written otherwise (escaped, folded) is shown as a whole. */
export function placeAt(place: Place, text: string, index: number, length = text.length - index): Place {
  if (place.length !== text.length) return place;
  return { ...place, column: place.column + index, length: Math.max(1, length) };
}
