import type { Cause, Notice } from '../notice';
import type { Words } from './words';

export const ja: Words = {
	say: (notice) => {
		switch (notice.about) {
			case 'waiting': {
				const { target, events, since, at, cause } = notice;
				const whom = target === '' ? '' : `${name(target)}への`;
				return `⚠️ KoeIQ 受信箱：${whom}送信待ちのイベントが ${number(events)} 件あります。最も古いものは、${time(since)} から${duration(at - since)}待っています。${causes(cause)}イベントは失われません。送信できるようになりしだい、自動で送信します。`;
			}
			case 'rejected': {
				const { target, events, since, at } = notice;
				return `⚠️ KoeIQ 受信箱：${name(target)}が、${number(events)} 件のイベントを拒否しています。${time(since)} から${duration(at - since)}続いています。n8n の応答を受信箱のページで確認し、原因を直してください。受信箱は自動で再試行しています。最後の再試行も拒否されると、「送信失敗（要対応）」になります。`;
			}
			case 'failed': {
				const { target, events, added } = notice;
				const what =
					added === undefined
						? `${name(target)}で、${number(events)} 件のイベントが「送信失敗（要対応）」になりました。`
						: `${name(target)}で、さらに ${number(added)} 件のイベントが「送信失敗（要対応）」になりました（合計 ${number(events)} 件）。`;
				return `🚨 KoeIQ 受信箱：${what}すべての再試行に失敗しました。イベントは保存されています。n8n の応答を受信箱のページで確認し、原因を直してから、同じページで再送信してください。`;
			}
			case 'expiring': {
				const { target, events, since, until, at } = notice;
				return `⚠️ KoeIQ 受信箱：送信先${name(target)}の保存期限が近づいています。ワークフローが公開されていないため、${time(since)} から一時停止中です。${number(events)} 件のイベントを保存しています。あと${duration(until - at)}（${time(until)}）で、新しいイベントを保存しなくなります。引き続き使う場合は、n8n でワークフローを公開してください。不要な場合は、受信箱のページでイベントを別の送信先に移すか、破棄してください。`;
			}
			case 'notStored': {
				const { since, refused } = notice;
				const what =
					refused === 0
						? `${time(since)} から、イベントを保存できません。KoeIQ には 503 を返しています。`
						: `${time(since)} から ${number(refused)} 件のイベントを保存できず、KoeIQ に 503 を返しました。KoeIQ から再送されない可能性があります。`;
				return `🚨 KoeIQ 受信箱：${what}INBOX_STORE のディスクまたはデータベースを、すぐに確認してください。原因は受信箱のログにあります。すでに保存されたイベントは無事です。`;
			}
			case 'over':
				return over(notice);
			case 'storedAgain': {
				const { since, refused, at } = notice;
				const lost =
					refused === 0
						? 'この間に拒否したイベントはありません。'
						: `この間に ${number(refused)} 件を 503 で拒否しました。KoeIQ の通話と照らし合わせてください。`;
				return `✅ KoeIQ 受信箱：復旧しました。イベントを保存できるようになりました。保存できなかった時間：${time(since)} から${duration(at - since)}。${lost}`;
			}
		}
	},
	test: '✅ KoeIQ 受信箱：これはテストです。受信箱からの通知は、ここに届きます。対応は必要ありません。',
	notSent: (failure) => {
		if (failure.kind === 'unreachable') {
			return `チャットに接続できませんでした（${failure.code}）。INBOX_NOTIFY_URL の値と、受信箱からチャットのサーバーに接続できることを確認してください。`;
		}
		switch (failure.status) {
			case 401:
			case 403:
			case 404:
			case 410:
				return `チャットが ${failure.status} を返しました。Incoming Webhook が削除されたか、INBOX_NOTIFY_URL の URL が途中で切れています。URL をコピーし直すか、新しい Webhook を作成してください。`;
			case 429:
				return 'チャットが 429（送信が多すぎます）を返しました。1 分ほど待ってから、もう一度お試しください。';
			default:
				return failure.status >= 500
					? `チャットが ${failure.status} を返しました。チャット側のエラーです。しばらくしてから、もう一度お試しください。`
					: `チャットが ${failure.status} を返し、メッセージを受け付けませんでした。INBOX_NOTIFY_URL が Incoming Webhook の URL であることを確認してください。`;
		}
	},
};

function causes(cause: Cause): string {
	switch (cause.kind) {
		case 'noTarget':
			return '受信箱に送信先がありません。n8n で、KoeIQ Trigger の「Events Come From」を「KoeIQ Inbox」にして、ワークフローを公開してください。';
		case 'unavailable':
			switch (cause.status) {
				case 'none':
					return `n8n（${cause.origin}）が応答しません。動いているか確認してください。動いている場合は、どのアドレスを直すか、受信箱のページで確認できます。`;
				case 'unknown':
					return `n8n（${cause.origin}）の準備ができていません。n8n が動いていること、ワークフローが公開されていることを確認してください。`;
				default:
					return `n8n（${cause.origin}）が ${cause.status} を返し、準備ができていません。n8n の起動が終わっていること、ワークフローが公開されていることを確認してください。`;
			}
		case 'rejecting':
			return cause.status === 401
				? 'n8n のシークレットが、イベントの署名に使われたシークレットと一致しないため、n8n がすべてのイベントを 401 で拒否しています。n8n の認証情報「KoeIQ Webhook API」に、KoeIQ のシークレットを入力してください。KoeIQ のシークレットを変更した場合は、前のシークレットも「Previous Webhook Secret」に入力してください。'
				: `n8n（${cause.origin}）は準備ができたと応答しますが、すべてのイベントを${cause.status === undefined ? '' : ` ${cause.status} で`}拒否しています。n8n の前にあるプロキシを確認してください。`;
		case 'busy':
			return 'n8n はイベントを順に受け付けて処理しています。件数が増え続ける場合は、n8n の Executions で、ワークフローの実行時間を確認してください。';
	}
}

function over({ what, target, since, at, state, events }: Notice & { about: 'over' }): string {
	const clear = '✅ KoeIQ 受信箱：解消しました。';
	const lasted = `続いた時間：${time(since)} から${duration(at - since)}。`;
	if (target === '') return `${clear}送信先のないイベントは、もうありません。${lasted}`;
	const solved = {
		waiting: `${name(target)}への送信の遅れはなくなりました。${lasted}`,
		rejected: `${name(target)}に拒否されているイベントは、もうありません。${lasted}`,
		failed: `${name(target)}に、「送信失敗（要対応）」のイベントはもうありません。`,
		expiring: `${name(target)}のワークフローが再び公開されました。保存していたイベントを送信します。`,
	};
	if (what === 'failed') return `${clear}${solved.failed}`;
	switch (state) {
		case 'current':
			return `${clear}${solved[what]}`;
		case 'paused':
			return events === 0
				? `${clear}${name(target)}のために保存しているイベントは、もうありません。`
				: `ℹ️ KoeIQ 受信箱：ワークフローが公開されていないため、${name(target)}は一時停止中になりました。${number(events)} 件のイベントを保存しています。`;
		case 'left':
			return `⚠️ KoeIQ 受信箱：送信先${name(target)}の登録が解除され、新しいイベントを保存しなくなりました。未送信の ${number(events)} 件は残っています。受信箱のページで、別の送信先に移すか、破棄してください。`;
		case 'gone':
			return `${clear}${name(target)}は送信先ではなくなりました。送信待ちのイベントはありません。`;
	}
}

function name(target: string): string {
	return `「${target}」`;
}

function number(value: number): string {
	return value.toLocaleString('ja');
}

function duration(milliseconds: number): string {
	const minutes = Math.max(1, Math.round(milliseconds / 60_000));
	if (minutes < 120) return ` ${number(minutes)} 分間`;
	if (minutes < 48 * 60) return ` ${number(Math.round(minutes / 60))} 時間`;
	return ` ${number(Math.round(minutes / 1_440))} 日間`;
}

const TIME = new Intl.DateTimeFormat('ja', {
	...{ month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit' },
	...{ hourCycle: 'h23', timeZoneName: 'short' },
});

function time(milliseconds: number): string {
	return TIME.format(milliseconds);
}
