import { type Figure, meets } from './figure.ts';

/** The figures as a table that is also Markdown. */
export function table(figures: readonly Figure[]): string {
  const rows = [
    ['what', 'ours', 'floor', 'ratio', 'goal', 'met', 'note'],
    ...figures.map((figure) => [
      figure.what,
      `${number(figure.ours)} ${figure.unit}`,
      figure.floor === undefined ? '' : `${number(figure.floor)} ${figure.unit}`,
      !figure.floor ? '' : `${(figure.ours / figure.floor).toFixed(2)} ×`,
      goalText(figure),
      { true: 'yes', false: 'NO', undefined: '' }[`${meets(figure)}`] ?? '',
      figure.note ?? '',
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`);
  return lines.join('\n');
}

function goalText({ goal, unit }: Figure): string {
  if (goal === undefined) return '';
  return 'atMost' in goal ? `≤ ${goal.atMost} ${unit}` : `≤ ${goal.timesFloor} ×`;
}

function number(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 1 ? value.toFixed(1) : value.toPrecision(2);
}
