// Text → YAML documents. Owns: which YAML is accepted (1.2 core, no directives, limits of size and depth).
// The depth is counted before the library composes nodes: composing recurses, and a deep enough document would
// take the whole process with it.
import { Composer, type CST, type Document, isScalar, LineCounter, Parser, type YAMLError } from 'yaml';
import { type Problem, problem } from '../../schemas/problem.ts';
import type { ProblemCode } from '../../schemas/problem-codes.ts';

export const maxDocuments = 100;
const maxDepth = 32;

export interface ReadDocuments {
  documents: readonly Document.Parsed[];
  lines: LineCounter;
  problems: Problem[];
  /** Whether every document of the text is among `documents`. */
  complete: boolean;
}

/** The documents of a text that can be composed, in order; empty ones are left out. Never throws. */
export function readDocuments(text: string): ReadDocuments {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const documents: Document.Parsed[] = [];
  const composer = new Composer({ version: '1.2', schema: 'core', strict: true, uniqueKeys: false });
  const report = (code: ProblemCode, offset: number, what: string) => {
    const { line, col } = lines.linePos(offset);
    problems.push(problem(code, { file: '', line, column: col }, what));
  };
  const keep = (composed: Iterable<Document.Parsed>) => {
    for (const document of composed) {
      const mistake = firstError(document);
      if (mistake !== undefined) report('YamlSyntax', mistake.pos[0], syntaxMessage(mistake));
      else if (!isEmpty(document)) documents.push(document);
    }
  };
  let count = 0;
  for (const token of new Parser(lines.addNewLine).parse(text)) {
    if (token.type === 'error') {
      report('YamlSyntax', token.offset, token.message);
      break;
    }
    if (token.type === 'directive') {
      report('YamlDirective', token.offset, `${token.source.trim()} is not allowed here`);
      break;
    }
    if (token.type === 'document') {
      const deep = tooDeep(token);
      if (deep !== undefined) {
        report('NestingTooDeep', deep, `more than ${maxDepth} levels are nested here`);
        break;
      }
      if (token.value !== undefined) count++;
      if (count > maxDocuments) {
        report('TooManyDocuments', token.value?.offset ?? token.offset, `document ${count} begins here`);
        break;
      }
    }
    keep(quickly(() => [...composer.next(token)]));
  }
  keep(quickly(() => [...composer.end()]));
  return { documents, lines, problems, complete: problems.length === 0 };
}

/** Composing makes an Error for each mistake, and a bad file has very many: their stack traces are not wanted. */
function quickly<T>(compose: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return compose();
  } finally {
    Error.stackTraceLimit = before;
  }
}

/** Offset of the first collection that is nested too deep. Iterative: this is what protects the recursive rest. */
function tooDeep(document: CST.Document): number | undefined {
  const open: { token: CST.Token | null | undefined; depth: number }[] = [
    { token: document.value, depth: 1 },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token === null || token === undefined || !('items' in token)) continue;
    if (depth > maxDepth) return token.offset;
    for (const item of token.items) {
      if (item.key !== undefined) open.push({ token: item.key, depth: depth + 1 });
      if (item.value !== undefined) open.push({ token: item.value, depth: depth + 1 });
    }
  }
  return undefined;
}

/** The first error that is about the syntax: what comes after it is mostly its consequence. */
function firstError(document: Document.Parsed): YAMLError | undefined {
  const others = document.warnings.filter((warning) => warning.code !== 'TAG_RESOLVE_FAILED');
  return [...document.errors, ...others].sort((a, b) => a.pos[0] - b.pos[0])[0];
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return (
    contents === null ||
    (isScalar(contents) && contents.range[0] === contents.range[1] && contents.tag === undefined)
  );
}

function syntaxMessage({ code, message }: YAMLError): string {
  if (code === 'TAB_AS_INDENT') return 'tabs cannot indent; use blanks';
  return message.split('\n')[0] ?? code;
}
