import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { type Place, type Problem, problem } from '../../schemas/problem.ts';

/** What the file of --config says: each value by its key, with the places of both. */
export interface ConfigFile {
  entries: ReadonlyMap<string, { value: unknown; key: Place; at: Place }>;
  problems: readonly Problem[];
}

/** Reads the text of a file of settings: one YAML mapping. */
export function parseConfigFile(file: string, text: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const place = (offset: number, length: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), length };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return {
      entries: new Map(),
      problems: faults.map(({ code, pos, message }) => {
        const name =
          code === 'DUPLICATE_KEY'
            ? 'YamlDuplicateKey'
            : code === 'TAG_RESOLVE_FAILED'
              ? 'YamlTag'
              : 'YamlSyntax';
        return problem(
          name,
          place(pos[0], Math.max(pos[1] - pos[0], 1)),
          message.split('\n')[0]?.replace(/ at line .*$/, '') ?? '',
        );
      }),
    };
  const { contents } = document;
  if (contents === null) return { entries: new Map(), problems: [] };
  if (!isMap(contents))
    return {
      entries: new Map(),
      problems: [
        problem(
          'ConfigInvalidValue',
          place(0, 1),
          'the file is not a mapping of settings',
          'Write NAME: VALUE lines.',
        ),
      ],
    };
  const entries = new Map<string, { value: unknown; key: Place; at: Place }>();
  const problems: Problem[] = [];
  for (const { key, value } of contents.items) {
    if (!isScalar(key) || typeof key.value !== 'string') {
      problems.push(problem('YamlKeyNotText', place(0, 1), 'a key is not text'));
      continue;
    }
    const keyPlace = spot(key, place);
    try {
      const plain: unknown = isNode(value) ? value.toJS(document, { maxAliasCount: 0 }) : null;
      entries.set(key.value, {
        value: plain,
        key: keyPlace,
        at: isNode(value) ? spot(value, place) : keyPlace,
      });
    } catch {
      problems.push(problem('YamlAlias', keyPlace, `${key.value} uses an alias`));
    }
  }
  return { entries, problems };
}

function spot(node: Node, place: (offset: number, length: number) => Place): Place {
  const [start = 0, end = start + 1] = node.range ?? [];
  return place(start, Math.max(end - start, 1));
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'toJS' in value;
}
