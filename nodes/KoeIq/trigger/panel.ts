import type { INodeTypeDescription } from 'n8n-workflow';

/**
 * What the editor says while it listens, after publishing, and in the trigger's empty input. n8n takes no expressions here,
 * so each text is for both: with the inbox, and without.
 */
export const PANEL: Pick<
	INodeTypeDescription,
	'activationMessage' | 'eventTriggerDescription' | 'triggerPanel'
> = {
	eventTriggerDescription:
		'With the inbox, an event comes by itself. Without it, send one to the Test URL, in KoeIQ with Send Test Ping. What Event Types and Only Start If do not select is answered 200, and n8n goes on listening',
	activationMessage:
		'The events that the trigger selects now start this workflow. Without the inbox, its Production URL must be the one in KoeIQ (Admin → Settings → Webhook Settings).',
	triggerPanel: {
		header: 'Receive an event from KoeIQ',
		executionsHelp: {
			inactive:
				'<b>While you build, with the inbox:</b> click the button. The latest stored event that the trigger selects appears here at once. To wait for the next one instead, set <b>When Testing</b>.<br /><br /><b>Without the inbox:</b> copy the Test URL and paste it into KoeIQ (Admin → Settings → Webhook Settings). Then click the button, and press Send Test Ping in KoeIQ. The ping appears here if the trigger selects <b>Anything Else</b>. A ping has no call in it: to build with a score or a summary before a call comes, set mock data, with a sample from the documentation.<br /><br /><b>When it works:</b> publish the workflow. Without the inbox, replace the Test URL in KoeIQ with the Production URL too. From then on the events that the trigger selects start the workflow, and you find each run under Executions.',
			active:
				'<b>This workflow is published:</b> the events that its trigger selects start it, and you find each run under Executions.<br /><br /><b>After a change of the workflow:</b> publish again, or the old version goes on running. A changed secret waits for nothing: once it is saved, it counts in every workflow that uses the credential.<br /><br /><b>To try a change first, with the inbox:</b> click the button. The latest stored event that the trigger selects appears here at once, or the next one if <b>When Testing</b> says so. The published version gets its events all the same.<br /><br /><b>Without the inbox:</b> copy the Test URL and paste it into KoeIQ, click the button, and send a Test Ping. KoeIQ holds one URL, so paste the Production URL back afterwards.',
		},
		// Shown whoever calls the trigger, so nothing about URLs.
		activationHint:
			'Once the workflow is published, the events that the trigger selects start it by themselves. You find those runs under Executions, not here.',
	},
};
