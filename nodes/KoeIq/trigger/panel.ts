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
		'With the inbox, n8n waits for the next event if no stored one fits. Without it, have KoeIQ send a Test Ping to the Test URL. Events that the trigger doesn’t select are answered 200, and n8n keeps listening',
	activationMessage:
		'The events that the trigger selects now start this workflow. In KoeIQ (Admin → Settings → Webhook Settings), the URL must be its Production URL or, with the inbox, the inbox’s.',
	triggerPanel: {
		header: 'Receive an event from KoeIQ',
		executionsHelp: {
			inactive:
				'<b>While you build, with the inbox:</b> click the button. The latest stored event that the trigger selects appears here at once. If none fits, n8n waits for the next one. To wait for the next event instead, change <b>When Testing</b>.<br /><br /><b>Without the inbox:</b> copy the Test URL and paste it into KoeIQ (Admin → Settings → Webhook Settings). Click the button, then select Send Test Ping in KoeIQ. The ping appears here if the trigger selects <b>Anything Else</b>. A ping contains no call. To build with a score or a summary before a call arrives, set mock data: the trigger of the template <b>One branch for each event</b> has an event of each type. Copy the one that you need.<br /><br /><b>When it works:</b> publish the workflow. Without the inbox, also replace the Test URL in KoeIQ with the Production URL. From then on, the events that the trigger selects start the workflow. Each run appears under Executions.',
			active:
				'<b>This workflow is published:</b> the events that its trigger selects start it. Each run appears under Executions.<br /><br /><b>After you change the workflow:</b> publish again. Until then, n8n runs the previous version without an error. A changed secret needs no publishing: it takes effect once you save the credential, in all workflows that use it.<br /><br /><b>To test a change first, with the inbox:</b> click the button. The latest stored event that the trigger selects appears here at once, or the next one if <b>When Testing</b> says so. The published version still gets its events.<br /><br /><b>Without the inbox:</b> copy the Test URL, paste it into KoeIQ, click the button, and send a Test Ping. KoeIQ has one URL, so paste the Production URL back afterwards.',
		},
		// Shown whoever calls the trigger, so nothing about URLs.
		activationHint:
			'Once you publish the workflow, the events that the trigger selects start it. Those runs appear under Executions, not here.',
	},
};
