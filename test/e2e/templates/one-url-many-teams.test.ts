import { template } from '../../../harness/templates';
import { nodeOf as node } from '../../../harness/workflow';
import { event } from '../../support/event';
import { N8N_CAN } from '../../support/version';
import {
	ALERT,
	ANALYTICS,
	n8nUnderTest,
	TRANSCRIPTION,
	TriggerUnderTest,
} from '../support/trigger';

test('hands each event to the team it concerns', async () => {
	const n8n = await n8nUnderTest();
	const workflow = template('one-url-many-teams');
	const teams: string[] = [];
	for (const name of ['support', 'quality']) {
		const team = template('a-team');
		const id = await n8n.createWorkflow(team);
		if (N8N_CAN.publishSubWorkflows) await n8n.activate(id);
		node(workflow, `Hand to the ${name} team`).parameters.workflowId = {
			__rl: true,
			mode: 'id',
			value: id,
		};
		teams.push(id);
	}
	const trigger = await TriggerUnderTest.of(workflow);
	const work = async (id = '') =>
		(await n8n.executions(id)).map((execution) => {
			const item = execution.outputs('Do the work')?.[0]?.[0]?.json;
			const data = item?.data as { department?: string } | undefined;
			return [item?.event, data?.department];
		});

	for (const payload of [
		TRANSCRIPTION,
		event(TRANSCRIPTION, { department: 'Sales' }),
		event(TRANSCRIPTION, { department: null }),
		ANALYTICS,
		ALERT,
	]) {
		await trigger.receive(payload);
	}
	await n8n.waitForExecutions(teams[1] ?? '', 2);
	expect(await work(teams[0])).toEqual([['transcription.completed', 'Support']]);
	expect(await work(teams[1])).toEqual([
		['analytics.completed', undefined],
		['alert.triggered', undefined],
	]);
});
