import { sendTestNotice } from '../notices/send';
import { readNotify, SettingError } from '../settings';

/**
 * Sends a message that says that it is a test.
 *
 * @returns what was done, in a sentence
 * @throws {SettingError} if there is no chat, or it does not accept it
 */
export async function notifyTest(env: NodeJS.ProcessEnv): Promise<string> {
	const notify = readNotify(env);
	if (notify === undefined) {
		throw new SettingError(
			"INBOX_NOTIFY_URL is not set. Set it to the URL of your chat's incoming webhook.",
		);
	}
	const problem = await sendTestNotice(notify);
	if (problem !== undefined) throw new SettingError(problem);
	return 'The test message was sent. Look for it in your chat.';
}
