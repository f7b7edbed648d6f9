import { startInbox, type Inbox } from '../../../harness/inbox';
import { freePort } from '../../../harness/ports';
import { SECRET } from './events';

export const PASSWORD = 'the-password-of-the-page-tests';

export interface InboxWithPage {
	inbox: Inbox;
	/** `http://127.0.0.1:<port>` of the page. */
	page: string;
}

export async function startInboxWithPage(env: NodeJS.ProcessEnv = {}): Promise<InboxWithPage> {
	const port = String(await freePort());
	const inbox = await startInbox({
		env: {
			INBOX_WEBHOOK_SECRET: SECRET,
			INBOX_ADMIN_PORT: port,
			INBOX_PAGE_PASSWORD: PASSWORD,
			...env,
		},
	});
	return { inbox, page: `http://127.0.0.1:${port}` };
}
