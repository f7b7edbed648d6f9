import { EVENT_COLUMNS } from './database';

/** A table whose rows are copied from one store to another. */
export interface Table {
	name: string;
	/** Its primary key: rows are read in this order. */
	key: readonly string[];
	/** The others that are copied. Leases are not: they end with the inbox that has them. */
	columns: readonly string[];
	/** The key is given by the database. */
	isNumbered?: boolean;
	/** Rows never change, and are large: the SQL expression of their bytes. Without it they are compared column by column. */
	size?: string;
}

/** Every table that is more than a store's own bookkeeping; each after those that it refers to. */
export const TABLES: readonly Table[] = [
	{
		name: 'targets',
		key: ['number'],
		columns: ['key', 'url', 'name', 'state', 'changed_at', 'is_set'],
		isNumbered: true,
	},
	{
		name: 'events',
		key: ['sequence'],
		columns: EVENT_COLUMNS,
		isNumbered: true,
		size: 'length(body)',
	},
	{
		name: 'deliveries',
		key: ['event', 'target'],
		columns: [
			'state',
			'attempts',
			'deferrals',
			'is_ignored',
			'tried_at',
			'due_at',
			'ended_at',
			'history',
		],
	},
	{
		name: 'sends',
		key: ['number'],
		columns: ['target', 'filter', 'done_to', 'last'],
		isNumbered: true,
	},
];
