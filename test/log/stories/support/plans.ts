import { expect } from 'vitest';
import { type Database, Prisma, type Queryable } from '../../../../src/database/client.ts';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Node[];
}

interface Explained {
  readonly Plan: Node;
  readonly JIT?: unknown;
}

/** What the statements of some reading did to the table `events`. */
export interface Reading {
  /** Rows that were read from it by index, also those that did not match. */
  readonly rows: number;
  /** Blocks of whatever was looked at. */
  readonly blocks: number;
}

const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

function readingOf({ Plan: plan, JIT: jit }: Explained): Reading {
  expect(jit, 'compiled, which takes longer than the statement').toBeUndefined();
  const nodes = nodesOf(plan).filter((node) => node['Relation Name'] === 'events');
  for (const node of nodes) expect(node['Node Type']).not.toBe('Seq Scan');
  const rows = nodes.map(
    (node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
  );
  return {
    rows: rows.reduce((sum, each) => sum + each, 0),
    blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
  };
}

/** Runs every statement twice, first explained. `take` gives what there was to see since it was called last. */
export function explaining(database: Database): { database: Queryable; take(): Reading } {
  let seen: Reading = { rows: 0, blocks: 0 };
  async function $queryRaw(query: TemplateStringsArray | Prisma.Sql, ...values: unknown[]) {
    const sql = query instanceof Prisma.Sql ? query : Prisma.sql(query, ...values);
    const [row] = await database.$queryRaw<{ 'QUERY PLAN': Explained[] }[]>`
      EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${sql}`;
    for (const explained of row?.['QUERY PLAN'] ?? []) {
      const { rows, blocks } = readingOf(explained);
      seen = { rows: seen.rows + rows, blocks: seen.blocks + blocks };
    }
    return database.$queryRaw(sql);
  }
  return {
    database: { $queryRaw: $queryRaw as Queryable['$queryRaw'], $executeRaw: database.$executeRaw },
    take() {
      const taken = seen;
      seen = { rows: 0, blocks: 0 };
      return taken;
    },
  };
}
