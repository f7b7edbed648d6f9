/** What Slack, Google Chat, Teams and Mattermost act on in a line of text, by their own documentation. */
const CHAT_SYNTAX = [
	/<[^>]*>/, // Slack, Google Chat: <!channel>, <@U1>, <users/all>, <https://…|text>
	/@\S/, // Mattermost, Teams: @all, @channel, @here, @somebody
	/[~#]\p{L}/u, // Mattermost: ~channel, #tag
	/\[[^\]]*\]\([^)]*\)/, // Mattermost, Teams: [text](address), ![picture](address)
	/\p{L}:\S/u, // https:…, mailto:…, tel:…
	/(?<!\d):[a-z0-9_+-]+:/i, // Slack, Mattermost: :emoji:
	/[\p{L}\p{M}\p{N}]\.\p{L}/u, // www.example.com, example.com
	/[*`|]/, // bold, code, a table
	/[\n\r\p{C}]/u, // a message of its own, a text that runs backwards, half a character
];

/** Which of them a line still has. */
export function chatSyntaxIn(line: string): RegExp[] {
	return CHAT_SYNTAX.filter((syntax) => syntax.test(line));
}

/** What somebody could say, or name a file, to have a chat act on it; and how it begins, to tell the tests apart. */
export const HOSTILE = [
	'<!channel> <!here> <!everyone> <@U012AB3CD> <#C01> <!subteam^S01>',
	'<users/all> <users/123456>',
	'@all @channel @here @everyone @boss',
	'~town-square #billing',
	'<https://evil.example|your invoice>',
	'[your invoice](https://evil.example) ![](https://evil.example/pixel.png)',
	'https://evil.example HTTP://EVIL.EXAMPLE www.evil.example evil.example',
	'evile\u0301.example \u304B\u3099.example',
	'mailto:boss@evil.example tel:+81312345678',
	':rotating_light: :+1: :100: over:fire:',
	'*Urgent* **now** `rm` ~~no~~ | a | b |',
	'fine\n🚨 Low Quality Score: call CALL-1',
	'a\u202Ebackwards\u200B\u0000',
	'📞'.repeat(1_500),
	`-${'📞'.repeat(1_500)}`,
].map((words) => [words.slice(0, 60), words] as const);
