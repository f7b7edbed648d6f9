import type { Cause } from '../views/causes';

/** Where the inbox looks for a target. */
export interface Place {
	/** Such as `http://n8n:5678`. */
	origin: string;
	/** INBOX_FORWARD_TO names it; else n8n has told its address. */
	isSet: boolean;
}

/** What keeps a target from accepting its events, and what to do about it. */
export function causes({ origin, isSet }: Place): Record<Cause, { what: string; advice: string }> {
	const address = `If n8n is running, the inbox cannot reach it at this address. ${
		isSet
			? 'Correct INBOX_FORWARD_TO, then restart the inbox.'
			: 'In n8n, correct “n8n URL” in the credential KoeIQ Inbox API. Then unpublish the workflow, and publish it again.'
	}`;
	return {
		secret: {
			what: 'n8n refuses the signature: its secret differs from the one that signed the event.',
			advice:
				'In n8n, enter the secret from KoeIQ in the credential KoeIQ Webhook API. If you changed the secret in KoeIQ, also enter the old one as Previous Webhook Secret.',
		},
		tooOld: {
			what: 'n8n refuses the event because of its age.',
			advice: 'Remove Maximum Age from the KoeIQ Trigger: events from the inbox can be old.',
		},
		noSecret: {
			what: 'The KoeIQ Trigger has no webhook secret.',
			advice:
				'In n8n, select a KoeIQ Webhook API credential in the trigger, and enter the secret from KoeIQ in it.',
		},
		unpublished: {
			what: 'n8n does not know this URL: the workflow is not published.',
			advice:
				'Publish the workflow in n8n. If it is published, check that this URL leads to the same n8n.',
		},
		starting: {
			what: 'n8n is starting.',
			advice: `If this takes more than a few minutes, check n8n’s log, and that n8n is at ${origin}.`,
		},
		workflow: {
			what: 'The workflow failed.',
			advice: 'In n8n, open the workflow’s Executions: the failed one shows where.',
		},
		error: {
			what: 'n8n answers with an error.',
			advice: 'In n8n, check the trigger’s credential, and the workflow’s Executions.',
		},
		busy: {
			what: 'n8n, or a proxy in front of it, gets too many requests.',
			advice: 'The inbox slows down automatically.',
		},
		tooLarge: {
			what: 'The event is too large for n8n, or for a proxy in front of it.',
			advice: 'Raise N8N_PAYLOAD_SIZE_MAX of n8n, or the proxy’s limit.',
		},
		proxy: {
			what: `A proxy answers at ${origin}, but cannot reach n8n.`,
			advice: 'Check that n8n is running.',
		},
		down: { what: `Nothing answers at ${origin}.`, advice: `Start n8n if it is down. ${address}` },
		noAddress: {
			what: `The inbox cannot find the host of ${origin}.`,
			advice: `Start n8n if it is down. ${address}`,
		},
		silent: {
			what: `n8n does not answer at ${origin}.`,
			advice: `Check that n8n is running, and check its log. ${address}`,
		},
		insecure: {
			what: `The inbox cannot make a secure connection to ${origin}.`,
			advice: `Check the certificate of that server. ${address}`,
		},
		late: {
			what: 'The workflow did not answer in time.',
			advice: 'Set Respond in the trigger to Immediately, or raise INBOX_ANSWER_TIMEOUT.',
		},
		broken: {
			what: `The connection to ${origin} broke off.`,
			advice: `Check n8n’s log: n8n may have restarted. ${address}`,
		},
		damaged: {
			what: 'The event is damaged in the inbox’s store.',
			advice: 'Check the disk. Restore a backup of the store, or discard the event.',
		},
		other: {
			what: `What answers at ${origin} is not a KoeIQ Trigger.`,
			advice: address,
		},
	};
}
