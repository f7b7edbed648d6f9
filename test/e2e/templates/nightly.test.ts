import { template } from '../../../harness/templates';
import { describeWithDataTables } from '../../support/version';
import { columnsOf, NIGHTLY, runNight, runToSuccess, timeBetween } from '../support/nightly';
import { n8nUnderTest } from '../support/trigger';

describeWithDataTables('every night', () => {
	test.each(NIGHTLY)(
		'$name deletes the old rows of $table, and keeps the new ones',
		async ({ name, table }) => {
			const n8n = await n8nUnderTest();
			await runToSuccess(n8n, template(name), 'Start here once');
			const [column = ''] = columnsOf(template(name), table);
			await n8n.addTableRow(table, { [column]: 'old' });
			const before = await timeBetween();
			await n8n.addTableRow(table, { [column]: 'new' });
			await runNight(n8n, name, before);
			const rows = await n8n.tableRows(table);
			expect(rows.map((row) => row[column])).toEqual(['new']);
		},
	);
});
