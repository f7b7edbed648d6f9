import type { causes } from './causes-en';

export const causesJa: typeof causes = ({ origin, isSet }) => {
	const address = `n8n が動いている場合は、このアドレスでは受信箱から n8n に接続できていません。${
		isSet
			? 'INBOX_FORWARD_TO を直して、受信箱を再起動してください。'
			: 'n8n で、認証情報「KoeIQ Inbox API」の「n8n URL」を直し、ワークフローの公開を取り消してから、もう一度公開してください。'
	}`;
	return {
		secret: {
			what: 'n8n が署名を拒否しています。n8n のシークレットが、イベントの署名に使われたシークレットと一致していません。',
			advice:
				'n8n で、認証情報「KoeIQ Webhook API」に KoeIQ のシークレットを入力してください。KoeIQ のシークレットを変更した場合は、前のシークレットも「Previous Webhook Secret」に入力してください。',
		},
		tooOld: {
			what: 'イベントが古いため、n8n が拒否しています。',
			advice:
				'KoeIQ Trigger の「Maximum Age」を外してください。受信箱は、保存していた古いイベントも送信します。',
		},
		noSecret: {
			what: 'KoeIQ Trigger に Webhook シークレットが設定されていません。',
			advice:
				'n8n で、トリガーに認証情報「KoeIQ Webhook API」を設定し、KoeIQ のシークレットを入力してください。',
		},
		unpublished: {
			what: 'n8n はこの URL を認識していません。ワークフローが公開されていません。',
			advice:
				'n8n でワークフローを公開してください。公開済みの場合は、この URL が同じ n8n のものか確認してください。',
		},
		starting: {
			what: 'n8n は起動中です。',
			advice: `数分たっても変わらない場合は、n8n のログと、n8n のアドレスが ${origin} であることを確認してください。`,
		},
		workflow: {
			what: 'ワークフローが失敗しました。',
			advice: 'n8n でワークフローの Executions を開き、失敗した実行を確認してください。',
		},
		error: {
			what: 'n8n がエラーを返しました。',
			advice: 'n8n で、トリガーの認証情報とワークフローの Executions を確認してください。',
		},
		busy: {
			what: 'n8n、またはその前にあるプロキシへのリクエストが多すぎます。',
			advice: '受信箱は自動で送信の間隔を空けます。',
		},
		tooLarge: {
			what: 'イベントのサイズが、n8n、またはその前にあるプロキシの上限を超えています。',
			advice: 'n8n の N8N_PAYLOAD_SIZE_MAX、またはプロキシの上限を上げてください。',
		},
		proxy: {
			what: `${origin} のプロキシは応答しますが、n8n に接続できません。`,
			advice: 'n8n が動いているか確認してください。',
		},
		down: {
			what: `${origin} から応答がありません。`,
			advice: `n8n が停止している場合は、起動してください。${address}`,
		},
		noAddress: {
			what: `${origin} のホスト名が見つかりません。`,
			advice: `n8n が停止している場合は、起動してください。${address}`,
		},
		silent: {
			what: `n8n（${origin}）が時間内に応答しません。`,
			advice: `n8n が動いていることと、n8n のログを確認してください。${address}`,
		},
		insecure: {
			what: `${origin} に安全に接続できません。`,
			advice: `接続先のサーバーの証明書を確認してください。${address}`,
		},
		late: {
			what: 'ワークフローが時間内に応答しませんでした。',
			advice:
				'トリガーの「Respond」を「Immediately」にするか、INBOX_ANSWER_TIMEOUT を長くしてください。',
		},
		broken: {
			what: `${origin} との接続が途中で切れました。`,
			advice: `n8n のログを確認してください。n8n が再起動した可能性があります。${address}`,
		},
		damaged: {
			what: '保存されているイベントが壊れています。',
			advice: 'ディスクを確認し、バックアップから復元するか、イベントを破棄してください。',
		},
		other: {
			what: `${origin} の応答は、KoeIQ Trigger のものではありません。`,
			advice: address,
		},
	};
};
