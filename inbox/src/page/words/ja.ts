import { html } from '../html';
import { causesJa } from './causes-ja';
import type { Words } from './en';

const count = (number: number) => number.toLocaleString('ja');
const events = (number: number) => `${count(number)} 件のイベント`;

export const ja: Words = {
	language: 'ja',
	title: 'KoeIQ 受信箱',
	overview: '概要',
	causes: causesJa,
	signIn: {
		heading: 'サインイン',
		password: 'パスワード',
		hint: 'パスワードは、受信箱の設定 INBOX_PAGE_PASSWORD の値です。',
		button: 'サインイン',
		wrong: 'パスワードが正しくありません。',
		signOut: 'サインアウト',
	},
	live: {
		updated: '更新',
		unreachable: '受信箱が応答しません。以前の表示のままです。再試行しています…',
	},
	states: {
		waiting: '送信待ち',
		retrying: '再試行中',
		failed: '送信失敗（要対応）',
		delivered: '送信済み',
		discarded: '破棄',
	},
	ignored: '送信済み（対象外）',
	ignoredHint: '送信済みです。トリガーの対象外のため、実行されていません。',
	stateHints: {
		waiting: '送信しています。',
		retrying: '自動で再試行します。',
		failed:
			'すべての再試行に失敗しました。イベントは保存されています。原因を直してから、再送信してください。',
		delivered: '送信先が受け付けました。',
		discarded: '送信しません。',
		held: (what) => `送信先が受信できるようになるまで、ここで保存します。${what}`,
		paused: 'ワークフローがもう一度公開されるまで、ここで保存します。',
		left: '送信先の登録が解除されたため、送信しません。送信先の一覧で、別の送信先に移すか、破棄してください。',
		noTarget: '送信先が登録されるまで、ここで保存します。',
	},
	refused: {
		now: (number) =>
			`署名が受信箱のどのシークレットとも一致しないリクエストを ${count(number)} 件拒否しました。`,
		advice:
			'拒否したイベントは保存されていません。KoeIQ のシークレットを変更した場合は、INBOX_WEBHOOK_SECRET に新しいシークレットを、INBOX_PREVIOUS_WEBHOOK_SECRET に前のシークレットを設定して、受信箱を再起動してください。n8n の認証情報「KoeIQ Webhook API」にも、両方を入力してください。変更していない場合は、INBOX_WEBHOOK_SECRET が KoeIQ のシークレットと同じか確認してください。',
		before: (number) =>
			`署名が一致しないリクエストを ${count(number)} 件拒否しました。保存されていないため、KoeIQ からのリクエストであれば、そのイベントは失われました：`,
	},
	targets: {
		heading: '送信先',
		hint: '送信先は、KoeIQ Trigger で始まる n8n のワークフローです。すべてのイベントが、それぞれの送信先に届きます。',
		none: '送信先なし',
		noneHint:
			'送信先が登録されるまで、イベントはここで保存されます。n8n で、KoeIQ Trigger の「Events Come From」を「KoeIQ Inbox」にして、ワークフローを公開してください。保存したイベントがすべて送信されます。',
		paused: '一時停止中',
		left: '登録解除',
		starting: '準備ができているか確認しています…',
		readySince: '受信できるようになった日時：',
		heldSince: '送信できなくなった日時：',
		refusedSince: '受け付けられなくなった日時：',
		answered: '応答：',
		error: 'エラー：',
		askedAt: '次に確認する時刻：',
		pausedSince: (since, until) =>
			html`${since} に一時停止しました。ワークフローが公開されていません。新しいイベントは ${until}
			まで保存します。それまでに保存したイベントは、別の送信先に移すか破棄するまで残ります。`,
		leftSince: (since) =>
			html`${since}
			に登録を解除しました。新しいイベントは、この送信先のために保存されません。残りのイベントを別の送信先に移すか、破棄してください。`,
		forget: 'この送信先を削除…',
		forgetHint: (number) =>
			number === 0
				? 'この送信先を受信箱から削除します。ワークフローが公開中でも、イベントは届かなくなります。再び受け取るには、公開を取り消してから、もう一度公開してください。'
				: `${events(number)}は破棄されます。ワークフローが公開中でも、以後のイベントは届かなくなります。再び受け取るには、公開を取り消してから、もう一度公開してください。`,
		confirmForget: 'この送信先を削除',
		oldest: (age) => `最も古いものは ${age}前に受信`,
		count,
		sendFailed: (number) => `送信失敗（要対応）の ${count(number)} 件を再送信`,
		discardFailed: (number) => `送信失敗（要対応）の ${count(number)} 件を破棄…`,
		discardFailedHint: (number) =>
			`${events(number)}はこの送信先に送信されず、数日後に削除されます。`,
		moveTo: '移動先',
		move: (number) => `${events(number)}を移動`,
		discard: (number) => `${events(number)}を破棄…`,
		discardHint: (number) => `${events(number)}は送信されず、数日後に削除されます。`,
		confirmDiscard: (number) => `${events(number)}を破棄`,
	},
	filter: {
		search: '検索',
		searchHint: 'ID やイベント名の一部',
		state: '状態',
		from: '受信日時（から）',
		until: '受信日時（まで）',
		all: 'すべて',
		button: '検索',
		clear: 'すべて表示',
	},
	list: {
		heading: 'イベント',
		hint: 'イベントは KoeIQ からの通知です（通話の文字起こし、通話の分析、アラート、Test Ping）。',
		received: '受信日時',
		event: 'イベント',
		call: '通話 ID',
		voicelog: 'ボイスログ ID',
		state: '状態',
		attempts: '試行',
		attemptsHint: '送信先が拒否または受け付けた回数です。延期された送信は数えません。',
		lastAnswer: '最後の応答',
		empty: 'イベントはまだ届いていません。KoeIQ から Test Ping を送ると、ここに表示されます。',
		noneFound: '条件に合うイベントはありません。',
		noneYet:
			'新しいイベントの中には、条件に合うものがありません。古いイベントはまだ検索していません。',
		notAll: '古いイベントはまだ検索していません。',
		older: '古いイベント',
		searchOlder: '古いイベントも検索',
		newest: '最新のイベント',
		unnamed: 'イベント名なし',
	},
	event: {
		back: 'イベント一覧',
		received: '受信日時',
		call: '通話 ID',
		voicelog: 'ボイスログ ID',
		id: '識別値',
		idHint: 'n8n では、アイテムの delivery.id です',
		size: 'サイズ',
		bytes: (number) => `${count(number)} バイト`,
		target: '送信先',
		next: '次の試行：',
		deliveries: '送信の状況',
		attempts: (number) => `試行 ${number} 回`,
		requests: 'すべての送信',
		requestsOf: (number) => `リクエスト ${number} 回`,
		noRequest: 'この送信先には、まだ送信していません。',
		last: (number) => `直近の ${count(number)} 回の送信です。それより前の記録は残っていません。`,
		sentAt: '送信日時',
		answer: '応答',
		took: '所要時間',
		milliseconds: (number) => `${count(number)} ミリ秒`,
		sendAgain: '再送信',
		toTargets: '送信先へ',
		toTargetsHint:
			'すでに届いた送信先には、もう一度届きます。トリガーの対象であれば、もう一度実行されます。送信待ちの送信先には、自動で送信されます。',
		ignores: (target) => `「${target}」ではトリガーの対象外のため、再送信しても実行されません。`,
		allTargets: 'すべての送信先',
		toTarget: '送信先：',
		toTargetsButton: '送信先へ送信',
		toUrl: 'URL へ',
		toUrlHint:
			'このイベントを使ってワークフローを作れます。KoeIQ Trigger の Test URL をここに貼り付け、n8n で「Execute step」を選んでから、送信してください。KoeIQ からの再送信は必要ありません。',
		toUrlInbox:
			'トリガーの「Events Come From」が「KoeIQ Inbox」の場合、URL は不要です。「Execute step」を選ぶと、保存されているイベントのうち、対象となる最新のものが届きます。',
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
		queued: (number) => `${count(number)} つの送信先へ送信します。`,
		held: (number) =>
			`${count(number)} つの送信先は、現在イベントを受信できません。イベントはここで保存し、受信できるようになったら送信します。`,
		ignores: '前回、このイベントはトリガーの対象外でした。設定を変えていなければ、実行されません。',
		failedHeld: (number) =>
			`${events(number)}はここで保存し、送信先が受信できるようになったら送信します。`,
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
			'n8n は今、この URL で待ち受けていません。Test URL は「Execute step」を選ぶたびに 1 回だけ使えます。Production URL は、ワークフローが公開されている間だけ使えます。',
		notSelected: 'このイベントはトリガーの対象外のため、実行されていません。',
		unreachable: (reason) => `URL に接続できませんでした：${reason}`,
	},
	notify: {
		button: 'テスト通知を送る',
		hint: '対応が必要なとき、受信箱はチャット（INBOX_NOTIFY_URL）に通知します。届くかどうかを確認できます。',
		accepted: 'チャットがテスト通知を受け付けました。届いているか、チャットを確認してください。',
		refused: 'テスト通知を送れませんでした：',
	},
	errors: {
		form: 'フォームの有効期限が切れました。何も変更していません。前のページに戻り、再読み込みしてから、もう一度お試しください。',
		missing: 'ここには何もありません。送信済みのイベントは、数日後に削除されます。',
		failed: '問題が発生しました。受信箱のログを確認してください。',
	},
	duration: (seconds) => {
		if (seconds < 60) return `${Math.floor(seconds)} 秒`;
		if (seconds < 3600) return `${Math.floor(seconds / 60)} 分`;
		if (seconds < 86_400) return `${Math.floor(seconds / 3600)} 時間`;
		return `${Math.floor(seconds / 86_400)} 日`;
	},
};
