import type { Recording } from './koeiq/recording';
import type { N8nClient } from './client';
import { isOk, poll, REQUEST_MILLISECONDS } from './wait';
import type { Workflow } from './workflow';

/** Switches on a workflow that begins with a Form Trigger; returns its id, and the form's production URL once it is there. */
export async function activateForm(
	client: N8nClient,
	workflow: Workflow,
): Promise<{ url: string; workflowId: string }> {
	const trigger = workflow.nodes.find(({ type }) => type === 'n8n-nodes-base.formTrigger');
	const url = `${client.webhooks}/form/${trigger?.webhookId ?? ''}`;
	const workflowId = await client.createWorkflow(workflow);
	await client.activate(workflowId);
	await poll(`the form ${url}`, 60_000, async () => await isOk(url));
	return { url, workflowId };
}

/**
 * Fills in a form of n8n as a browser does, which tells n8n of the last page that it is there: only then the run goes on.
 *
 * @param url of the Form Trigger
 * @param values in the order of the fields
 * @param tellsN8n false is a browser that was closed before it could
 * @returns the form's last page
 */
export async function submitForm(
	url: string,
	values: Array<string | Recording>,
	tellsN8n = true,
): Promise<string> {
	const form = new FormData();
	for (const [index, value] of values.entries()) {
		if (typeof value === 'string') form.set(`field-${index}`, value);
		else form.set(`field-${index}`, new Blob([value.content], { type: value.type }), value.name);
	}
	const signal = AbortSignal.timeout(REQUEST_MILLISECONDS);
	const response = await fetch(url, { method: 'POST', body: form, signal });
	const { formWaitingUrl } = (await response.json()) as { formWaitingUrl: string };
	let page = '';
	await poll('the last page of the form', 60_000, async () => {
		page = await pageOf(formWaitingUrl);
		// Its heading: until the workflow is there, n8n answers otherwise.
		return page.includes('<h1>');
	});
	if (tellsN8n) await fetch(formWaitingUrl, { method: 'POST', signal });
	return page;
}

/** The page of a form that waits; empty if there is none. Asked before the workflow is there, n8n never answers. */
async function pageOf(url: string): Promise<string> {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
		return response.ok ? await response.text() : '';
	} catch {
		return '';
	}
}
