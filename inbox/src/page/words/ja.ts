import type { Words } from './en';

const count = (number: number) => number.toLocaleString('ja');
const events = (number: number) => `${count(number)} 件のイベント`;

export const ja: Words = {
	language: 'ja',
	title: 'KoeIQ 受信箱',
	signIn: {
		heading: 'サインイン',
		password: 'パスワード',
		hint: 'パスワードは、受信箱の設定 INBOX_PAGE_PASSWORD の値です。',
		button: 'サインイン',
		wrong: 'パスワードが正しくありません。',
		wait: (seconds) => `失敗が続いています。${seconds} 秒後にもう一度お試しください。`,
		signOut: 'サインアウト',
	},
	live: {
		updated: '更新',
		unreachable: '受信箱が応答しません。再試行しています…',
	},
	states: {
		waiting: '送信待ち',
		retrying: '再試行中',
		failed: '送信失敗（要対応）',
		delivered: '送信済み',
		discarded: '破棄',
	},
	ignored: '送信済み（対象外）',
	ignoredHint: '送信先に届きました。ワークフローはこの種類のイベントを選択していません。',
	stateHints: {
		waiting: '送信先の準備ができしだい送信します。',
		retrying: '送信先に拒否されたか、送信先から応答がありませんでした。自動で再試行します。',
		failed:
			'すべての再試行が失敗しました。イベントは保存されています。原因を直してから、再送信してください。',
		delivered: '送信先に届いています。',
		discarded: '送信しません。',
	},
	targets: {
		heading: '送信先',
		hint: '送信先は、n8n の KoeIQ Trigger です。すべてのイベントが、それぞれの送信先に届きます。',
		none: '送信先なし',
		noneHint:
			'イベントはここで待っています。n8n で、イベントの取得元が KoeIQ Inbox の KoeIQ Trigger を含むワークフローを公開すると、すべて送信されます。',
		paused: '一時停止中',
		left: '終了',
		starting: '準備ができているか確認しています…',
		acceptingSince: '受信可能になった日時:',
		unavailableSince: '利用できなくなった日時:',
		notReady: '準備ができたという応答がありません',
		rejectingSince: 'すべてのイベントを拒否し始めた日時:',
		otherSecret: 'n8n が署名を拒否しています。n8n の認証情報にあるシークレットが異なります。',
		pausedSince: '一時停止した日時:',
		pausedHint:
			'ワークフローが公開されていません。新しいイベントは、この送信先のために保存されます。',
		leftSince: '終了した日時:',
		leftHint:
			'新しいイベントはこの送信先のために保存されません。残りのイベントを別の送信先に移すか、破棄してください。',
		forget: '送信先を削除…',
		forgetHint: (number) =>
			number === 0
				? 'この送信先を受信箱から削除します。ワークフローをもう一度公開すると、再び登録されます。'
				: `${events(number)}は送信されません。ワークフローをもう一度公開すると、再び登録されます。`,
		confirmForget: 'この送信先を削除',
		failedHint: 'すべての再試行が失敗したイベントです。保存されています。',
		oldest: '最も古い未送信',
		count,
		sendFailed: (number) => `送信に失敗した ${events(number)}を再送信`,
		moveTo: '移動先',
		move: (number) => `${events(number)}を移動`,
		discard: '破棄…',
		discardHint: (number) => `${events(number)}は送信されず、数日後に削除されます。`,
		confirm: (number) => `${events(number)}を破棄`,
	},
	filter: {
		search: '検索',
		searchHint: '通話 ID、ボイスログ ID、配信 ID、イベント名',
		state: '状態',
		all: 'すべて',
		button: '検索',
		clear: 'クリア',
	},
	list: {
		heading: 'イベント',
		received: '受信',
		event: 'イベント',
		call: '通話',
		voicelog: 'ボイスログ',
		state: '状態',
		attempts: '試行',
		lastAnswer: '最後の応答',
		history: (number) => `直近の ${count(number)} 回の送信`,
		took: (milliseconds) => `${count(milliseconds)} ms 後`,
		empty: 'イベントはまだ届いていません。',
		noneFound: '条件に合うイベントはありません。',
		older: '古いイベント',
		newest: '最新のイベント',
		unnamed: 'イベント名なし',
	},
	event: {
		back: 'イベント一覧',
		received: '受信',
		call: '通話 ID',
		voicelog: 'ボイスログ ID',
		id: '配信 ID',
		idHint: 'n8n では、アイテムの delivery.id です',
		size: 'サイズ',
		bytes: (number) => `${count(number)} バイト`,
		target: '送信先',
		next: '次の試行',
		soon: 'まもなく',
		deliveries: '送信の状況',
		sendAgain: '再送信',
		toTargets: '送信先へ',
		toTargetsHint: '送信先にもう一度届き、ワークフローがもう一度実行されます。',
		allTargets: 'すべての送信先',
		toTargetsButton: '送信先へ送信',
		toUrl: 'URL へ',
		toUrlHint:
			'このイベントを使ってワークフローを作れます。n8n で KoeIQ Trigger を開き、「Listen for test event」を選び、Test URL をここに貼り付けてください。KoeIQ からの再送信は必要ありません。',
		toUrlButton: 'URL へ送信',
		discard: '破棄…',
		discardHint: 'この送信先には送信されません。',
		confirm: '破棄する',
		content: 'KoeIQ から届いた内容',
		formatted: '整形',
		raw: '届いたまま',
		download: 'ダウンロード',
		tooLarge: '大きすぎるため、ここには表示しません。',
	},
	notices: {
		queued: (number) => `${count(number)} 件の送信先へ送信します。`,
		failedQueued: (number) => `${events(number)}を再送信します。`,
		noTarget: '送信先がないため、送信しませんでした。',
		moved: (number) => `${events(number)}を移動しました。`,
		discarded: (number) => `${events(number)}を破棄しました。`,
		forgotten: (number) => `送信先を削除し、${events(number)}を破棄しました。`,
		notForgotten:
			'削除していません。INBOX_FORWARD_TO に設定されている送信先か、すでに削除された送信先です。',
		noUrl: 'http:// または https:// で始まる URL を、最後まで入力してください。',
		answered: (status, milliseconds) =>
			`URL は ${count(milliseconds)} ミリ秒で ${status} を返しました。`,
		notListening:
			'n8n は今、この URL で待ち受けていません。Test URL は「Listen for test event」を選ぶたびに 1 回だけ使えます。Production URL は、ワークフローが公開されている間だけ使えます。',
		rejected:
			'トリガーがイベントを拒否しました。認証情報の Webhook シークレットが異なるか、このイベントが Maximum Age より古くなっています。',
		unreachable: (reason) => `URL に接続できませんでした: ${reason}`,
	},
	errors: {
		form: 'フォームの有効期限が切れたため、何も変更していません。前のページに戻り、再読み込みしてからもう一度お試しください。',
		missing: 'ここには何もありません。送信済みのイベントは、数日後に削除されます。',
		failed: '問題が発生しました。受信箱のログをご確認ください。',
	},
	duration: (seconds) => {
		if (seconds < 60) return `${Math.floor(seconds)} 秒`;
		if (seconds < 3600) return `${Math.floor(seconds / 60)} 分`;
		if (seconds < 86_400) return `${Math.floor(seconds / 3600)} 時間`;
		return `${Math.floor(seconds / 86_400)} 日`;
	},
};
