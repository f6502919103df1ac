import type { ControllerStatus } from '../../schemas/generated/status.ts';
import type { Problem } from '../../schemas/problem.ts';
import type { Outcome } from '../reconcile/outcome.ts';
import { conditionDocuments } from './condition-documents.ts';

const maxProblems = 200;

export function controllerDocument(epoch: string, outcome: Outcome): ControllerStatus {
  const { acceptedCommit, conditions, holds, problems } = outcome;
  const omitted = problems.length - maxProblems;
  return {
    apiVersion: 'groundcrew.dev/v1',
    kind: 'ControllerStatus',
    metadata: { name: 'controller' },
    status: {
      epoch,
      ...(acceptedCommit !== undefined && { acceptedCommit }),
      conditions: conditionDocuments(conditions),
      holds: holds
        .map(({ id, reason, message, since }) => ({ id, reason, message, since }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      problems: [...problems]
        .sort(byPlace)
        .slice(0, maxProblems)
        .map(({ code, severity, message, hint, file, line, column }) => ({
          code,
          severity,
          message,
          hint,
          file,
          line,
          column,
        })),
      ...(omitted > 0 && { problemsOmitted: omitted }),
    },
  };
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
}
