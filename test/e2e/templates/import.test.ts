import { RECEIVERS, TEMPLATES, template } from '../../../harness/templates';
import { LABELS, TRIGGER } from '../../../harness/trigger';
import { waitForWebhook } from '../../../harness/wait';
import { nodeOf } from '../../../harness/workflow';
import { N8N_CAN, N8N_TEST_VERSION } from '../../support/version';
import { n8nUnderTest, SECRET } from '../support/trigger';

/* Every template as it is in its file, as a user imports it. */

test.each(TEMPLATES)(
	"%s can be imported as it is: n8n's nodes and ours, no credential, no address of ours, no webhook id or path",
	(name) => {
		const workflow = template(name);
		for (const { type, credentials, webhookId, parameters } of workflow.nodes) {
			expect(type).toMatch(
				/^(n8n-nodes-base|@n8n\/n8n-nodes-langchain)\.|^n8n-nodes-koeiq\.koeIq(Trigger|Tool)?$/,
			);
			expect(credentials).toBeUndefined();
			expect(webhookId).toBeUndefined();
			// The editor makes one of an empty path, as of an id that is left out.
			if (/\.(webhook|formTrigger)$/.test(type)) expect(parameters.path ?? '').toBe('');
		}
		expect(JSON.stringify(workflow)).not.toMatch(/127\.0\.0\.1|localhost/);
	},
);

test.each(RECEIVERS)('%s says which outputs it uses, whatever the default', (name) => {
	const workflow = template(name);
	const { parameters, name: trigger } = nodeOf(workflow, TRIGGER);
	const wires = workflow.connections[trigger]?.main ?? [];
	expect(['single', 'perEvent']).toContain(parameters.outputMode);
	expect(wires.length).toBeLessThanOrEqual(parameters.outputMode === 'single' ? 1 : LABELS.length);
});

test.each(RECEIVERS)('%s tells its steps in the order in which they are done', (name) => {
	const notes = template(name).nodes.filter(({ type }) => type.endsWith('.stickyNote'));
	const text = notes.map(({ parameters }) => String(parameters.content)).join('\n');
	const [credential, publish] = [/a (?:new )?credential/g, /\*\*Publish\*\*/g];
	const url = /\*\*Production URL\*\*/g;
	// What plays KoeIQ has the URL in the workflow itself; KoeIQ gets it once there is somebody behind it.
	const after = name === 'try-without-koeiq' ? [url, publish] : [publish, url];
	const steps = [credential, ...after];
	// A team's own workflow is published before: the last word counts.
	const places = steps.map((step) => [...text.matchAll(step)].at(-1)?.index ?? -1);
	expect(places).not.toContain(-1);
	expect(places).toEqual([...places].sort((a, b) => a - b));
	expect(text).toMatch(/n8n may have chosen a credential itself|Whatever n8n has chosen/);
	expect(text).toMatch(/Test Ping|ping through/);
});

const words = "imported twice by n8n's API and published both, a template has two URLs";
const why = `${words} (not on n8n ${N8N_TEST_VERSION}: its API makes no webhook ids)`;

(N8N_CAN.makeWebhookIds ? test : test.skip)(N8N_CAN.makeWebhookIds ? words : why, async () => {
	const n8n = await n8nUnderTest();
	const urls: string[] = [];
	for (const made of [template('exactly-once-short'), template('exactly-once-short')]) {
		const id = await n8n.createCredential('koeIqWebhookApi', { webhookSecret: SECRET });
		nodeOf(made, TRIGGER).credentials = { koeIqWebhookApi: { id, name: 'test' } };
		const workflowId = await n8n.createWorkflow(made);
		await n8n.activate(workflowId);
		const { webhookId } = nodeOf(await n8n.workflow(workflowId), TRIGGER);
		urls.push(`${n8n.webhooks}/webhook/${webhookId}/koeiq`);
	}
	expect(new Set(urls).size).toBe(2);
	for (const url of urls) {
		await waitForWebhook(url);
		const answer = await fetch(url, { method: 'POST' });
		expect(answer.status).toBe(401);
	}
});
