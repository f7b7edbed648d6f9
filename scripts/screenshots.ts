import { AsyncDisposableStack } from '../harness/disposal';
import { HarnessError, toStandardError } from '../harness/report';
import { template } from '../harness/templates';
import { TRIGGER } from '../harness/trigger';
import { canvasNode } from '../test/browser/support/editor';
import { save, takeCanvas } from './screenshots-camera';
import { takeHero } from './screenshots-chat';
import { takeInbox } from './screenshots-inbox';
import { takeTrigger, takeUpload } from './screenshots-panels';
import { part, setStage, type Stage } from './screenshots-stage';

/** `npm run screenshots -- hero inbox` makes some. */
const PICTURES: Record<string, (stage: Stage) => Promise<void>> = {
	hero: takeHero,
	trigger: takeTrigger,
	upload: takeUpload,
	templates: takeTemplates,
	inbox: takeInbox,
};

/** Templates whose workflow tells more than words, and where what is shown of it starts. */
const SHOWN: Record<string, string[]> = {
	'one-branch-per-event': [],
	'exactly-once': [TRIGGER],
	'one-url-many-teams': [],
	'ask-about-a-call': [],
	'recording-from-form': [],
	'recording-to-result': ['Recording from your CRM', TRIGGER],
};

main(process.argv.slice(2)).catch((error: unknown) => {
	toStandardError(error instanceof HarnessError ? error.message : String(error));
	process.exit(1);
});

async function main(wanted: string[]): Promise<void> {
	await using started = new AsyncDisposableStack();
	const stage = await setStage(started);
	for (const [name, takeThem] of Object.entries(PICTURES)) {
		if (wanted.length === 0 || wanted.includes(name)) await takeThem(stage);
	}
}

/** Workflows as they are after their import and setup, without the notes. */
async function takeTemplates({ editor, add }: Stage): Promise<void> {
	const teams = template('a-team');
	const team = await add(teams);
	for (const [name, starts] of Object.entries(SHOWN)) {
		const workflow = part(template(name), ...starts);
		for (const { type, parameters } of workflow.nodes) {
			if (type !== 'n8n-nodes-base.executeWorkflow') continue;
			Object.assign(parameters.workflowId as object, {
				value: team.id,
				cachedResultName: teams.name,
			});
		}
		const page = await editor.visit(`/workflow/${(await add(workflow)).id}`);
		for (const node of workflow.nodes) await canvasNode(page, node.name).waitFor();
		await save(`example-${name}`, await takeCanvas(page));
	}
}
