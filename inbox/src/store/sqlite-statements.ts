import type { DatabaseSync, StatementSync } from 'node:sqlite';

import type { Statement } from './database';

/** Runs statements on a database, each prepared once; gives the rows. */
export function prepareAll(database: DatabaseSync): (statement: Statement) => unknown[] {
	const prepared = new Map<string, StatementSync>();
	return ({ sql, values = [] }) => {
		let statement = prepared.get(sql);
		if (statement === undefined) prepared.set(sql, (statement = database.prepare(sql)));
		const named = Object.fromEntries(values.map((value, i) => [`$${i + 1}`, value]));
		return statement.all(named);
	};
}
