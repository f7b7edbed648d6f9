/* How each chat wants a message at its incoming webhook, by its public documentation. */

/**
 * The body of a request, to be sent as JSON.
 *
 * @param paragraphs plain text: what chats act on in names is gone by now, see plain.ts
 */
export function bodyFor(url: string, paragraphs: readonly string[]): object {
	const text = paragraphs.join('\n\n');
	switch (chatOf(new URL(url))) {
		case 'Slack':
			return { text: escapeForSlack(text), mrkdwn: false };
		case 'Discord':
			return {
				content: text,
				allowed_mentions: { parse: [] },
				flags: DISCORD_SUPPRESS_EMBEDS,
			};
		case 'Teams':
			return teamsMessage(paragraphs);
		case 'other':
			return { text };
	}
}

type Chat = 'Slack' | 'Discord' | 'Teams' | 'other';

/** Google Chat and Mattermost are among the others: they want `text`, as most do. */
function chatOf({ hostname, pathname }: URL): Chat {
	if (isAt(hostname, 'hooks.slack.com', 'hooks.slack-gov.com')) return 'Slack';
	// Its "/slack" stands for Slack, and its "/github" for something else.
	if (isAt(hostname, 'discord.com', 'discordapp.com')) {
		return /\/slack\/?$/.test(pathname) ? 'Slack' : 'Discord';
	}
	return isAt(hostname, ...TEAMS) ? 'Teams' : 'other';
}

/** Workflows of Power Automate, at their old and their new address, and the connectors before them. */
const TEAMS = [
	'logic.azure.com',
	'api.powerplatform.com',
	'powerautomate.com',
	'webhook.office.com',
];

const DISCORD_SUPPRESS_EMBEDS = 4;

function isAt(hostname: string, ...domains: string[]): boolean {
	return domains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}

/** https://api.slack.com/reference/surfaces/formatting#escaping */
function escapeForSlack(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Text runs, for they know no Markdown: https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features */
function teamsMessage(paragraphs: readonly string[]): object {
	return {
		type: 'message',
		attachments: [
			{
				contentType: 'application/vnd.microsoft.card.adaptive',
				contentUrl: null,
				content: {
					$schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
					type: 'AdaptiveCard',
					version: '1.4',
					body: paragraphs.map((text) => ({
						type: 'RichTextBlock',
						inlines: [{ type: 'TextRun', text }],
					})),
				},
			},
		],
	};
}
